//! Every command of `docs/organization-example.md`, as a new user would run it, on a copy of its files.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &target) } else { drop(std::fs::copy(entry.path(), target)) }
    }
}

/// What the page calls `openssl` for.
fn keys(folder: &Path) {
    let pair = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let public = Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap().public_key().as_ref().to_vec();
    let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let pem = |label: &str, der: &[u8]| {
        let mut text = stageclear::base::base64::encode_url(der).replace('-', "+").replace('_', "/");
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    std::fs::write(folder.join("private.pem"), pem("PRIVATE KEY", pair.as_ref())).unwrap();
    std::fs::write(folder.join("acme.pem"), pem("PUBLIC KEY", &[head.as_slice(), &public].concat())).unwrap();
}

/// Runs one line; what it printed, with its exit status if the line asks for it.
fn run(folder: &Path, line: &str) -> String {
    let (line, status) = line.strip_suffix("; echo $?").map_or((line, false), |line| (line, true));
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["stageclear", arguments @ ..] => {
            let mut command = Command::cargo_bin("stageclear").unwrap();
            command.env_clear().env("STAGECLEAR_CACHE_DIR", folder.join("cache")).current_dir(folder);
            let output = command.args(arguments).output().unwrap();
            let mut text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            if status {
                let _ = writeln!(text, "{}", output.status.code().unwrap());
            }
            text
        }
        ["mkdir", path] => {
            std::fs::create_dir(folder.join(path)).unwrap();
            String::new()
        }
        ["openssl", ..] => {
            if !folder.join("acme.pem").exists() {
                keys(folder);
            }
            String::new()
        }
        _ => panic!("`{line}` is no command of the page"),
    }
}

#[test]
fn the_page_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    copy(&root.join("fixtures/organization"), folder.path());
    let page = std::fs::read_to_string(root.join("docs/organization-example.md")).unwrap();
    let mut commands = 0;
    for block in page.split("```console\n").skip(1) {
        let mut printed = String::new();
        for line in block.split("\n```").next().unwrap().lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                printed = run(folder.path(), command);
                commands += 1;
                continue;
            }
            let wanted = line.split('…').next().unwrap();
            let found = printed
                .lines()
                .any(|found| if wanted == line { found.trim_end() == line } else { found.starts_with(wanted) });
            assert!(found, "{line:?} is not in:\n{printed}");
        }
    }
    assert!(commands >= 18, "{commands}");
}
