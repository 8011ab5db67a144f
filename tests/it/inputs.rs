//! What `scan` can look at besides folders: standard input, what is staged, archives.

use std::io::Write as _;
use std::path::Path;

use assert_cmd::Command;
use gix_object::Write as _;

/// A token of a form of its own; the mark keeps it from other scanners.
fn token() -> String {
    "sk_live_~4Nq8TzL4mWp2RkVxY7bHc3Ds".replace('~', "")
}

fn stageclear(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("stageclear").unwrap();
    command.env_clear().env("STAGECLEAR_CACHE_DIR", std::env::temp_dir().join("stageclear-test-cache"));
    command.env("STAGECLEAR_RULES", Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).current_dir(folder);
    command
}

fn stdout(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn standard_input_is_read_as_the_path_says() {
    let folder = tempfile::tempdir().unwrap();
    let log = format!("12:00 charged with {}\n", token());
    let text = stdout(stageclear(folder.path()).args(["scan", "-", "-q"]).write_stdin(log.clone()), 1);
    assert!(text.contains(" in stdin:1"), "{text}");
    assert!(!text.contains(&token()));
    let text = stdout(stageclear(folder.path()).args(["scan", "-", "--only", "secrets", "-q"]).write_stdin(log), 1);
    assert!(text.contains(" in stdin:1"), "{text}");
    let source = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\n@app.route('/x')\ndef x():\n    \
                  os.system('ls ' + request.args['a'])\n    return ''\n";
    let mut command = stageclear(folder.path());
    let text = stdout(command.args(["scan", "-", "--stdin-path", "web/app.py", "-q"]).write_stdin(source), 1);
    assert!(text.contains("in web/app.py:7"), "{text}");
    stageclear(folder.path()).args(["scan", "-"]).write_stdin("nothing at all\n").assert().code(0);
    stageclear(folder.path()).args(["scan", "-", "src"]).write_stdin("").assert().code(2);
    stageclear(folder.path()).args(["scan", ".", "--stdin-path", "a.py"]).assert().code(2);
}

#[test]
fn code_alone_is_followed_and_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let source = format!(
        "import os\nfrom flask import Flask, request\napp = Flask(__name__)\nKEY = \"{0}\"\n\n\
         @app.route('/x')\ndef x():\n    os.system('ls ' + request.args['a'])  # not {0}\n    return ''\n\n\
         app.run(debug=True)\n",
        token()
    );
    std::fs::write(folder.path().join("app.py"), source).unwrap();
    let text = stdout(stageclear(folder.path()).args(["scan", "--only", "code", "--format", "json"]), 1);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rules: Vec<&str> =
        document["findings"].as_array().unwrap().iter().filter_map(|finding| finding["rule"].as_str()).collect();
    assert!(rules.contains(&"taint/python-command-injection"), "{rules:?}");
    assert!(rules.iter().all(|rule| rule.starts_with("taint/") || rule.starts_with("misuse/")), "{rules:?}");
    assert!(text.contains("os.system") && !text.contains(&token()));
    assert!(text.contains("nothing but code was looked at"));
}

#[test]
fn what_is_staged_is_read_from_the_index() {
    let folder = tempfile::tempdir().unwrap();
    stageclear(folder.path()).args(["scan", "--staged"]).assert().code(2);
    let git = folder.path().join(".git");
    for name in ["objects/pack", "refs/heads"] {
        std::fs::create_dir_all(git.join(name)).unwrap();
    }
    std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    stageclear(folder.path()).args(["scan", "--staged"]).assert().code(0);
    let store = gix_odb::loose::Store::at(git.join("objects"), gix_hash::Kind::Sha1);
    let content = format!("key = \"{}\"\n", token());
    let id = store.write_buf(gix_object::Kind::Blob, content.as_bytes()).unwrap();
    let mut index = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
    index.extend([0; 24]);
    index.extend(0o100_644_u32.to_be_bytes());
    index.extend([0; 12]);
    index.extend(id.as_slice());
    index.extend([0, 7]);
    index.extend(b"pay.txt\0\0\0");
    index.extend([0; 20]);
    std::fs::write(git.join("index"), index).unwrap();
    // The working tree says something else.
    std::fs::write(folder.path().join("pay.txt"), "nothing\n").unwrap();
    let text = stdout(stageclear(folder.path()).args(["scan", "--staged", "-q"]), 1);
    assert!(text.contains("in pay.txt:1"), "{text}");
    std::fs::write(git.join("index"), "no index").unwrap();
    stageclear(folder.path()).args(["scan", "--staged"]).assert().code(2);
}

#[test]
fn archives_are_opened_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = zip::ZipWriter::new(std::fs::File::create(folder.path().join("app.zip")).unwrap());
    writer.start_file("conf/.env", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(format!("KEY={}\n", token()).as_bytes()).unwrap();
    writer.finish().unwrap();
    std::fs::write(folder.path().join("a.txt"), "nothing\n").unwrap();
    assert_eq!(stdout(stageclear(folder.path()).args(["scan", "-q"]), 0), "");
    let text = stdout(stageclear(folder.path()).args(["scan", "-q", "--archives"]), 1);
    assert!(text.contains("in app.zip!/conf/.env:1"), "{text}");
}

#[test]
fn a_history_without_a_repository_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "nothing\n").unwrap();
    stageclear(folder.path()).args(["scan", "--history", "--strict"]).assert().code(3);
    stageclear(folder.path()).args(["scan", "--since", "2026-01-01"]).assert().code(2);
}
