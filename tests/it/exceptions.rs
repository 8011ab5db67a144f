//! Waivers and the baseline on the command line: what they silence, what they cannot, and what reports say of them.

use std::path::Path;

use assert_cmd::Command;

use crate::apps::folder;

/// One weakness, found for sure.
const WEAK: &str = "import hashlib\nimport subprocess\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/ping\")\ndef ping():\n    return subprocess.run(\"ping \" + request.args[\"host\"], shell=True, capture_output=True).stdout\n";
const RULE: &str = "taint/python-command-injection";

pub(crate) fn stageclear(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("stageclear").unwrap();
    command.env_clear().env("STAGECLEAR_CACHE_DIR", std::env::temp_dir().join("stageclear-test-cache"));
    command.current_dir(folder);
    command
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), WEAK).unwrap();
    folder
}

fn document(folder: &Path) -> serde_json::Value {
    let output = stageclear(folder).args(["audit", "--format", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How the findings of [`RULE`] are silenced.
fn suppressions(document: &serde_json::Value) -> Vec<Option<String>> {
    let findings = document["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == RULE);
    findings.map(|finding| finding["suppression"]["kind"].as_str().map(str::to_owned)).collect()
}

fn waiver(lines: &str) -> String {
    format!("[[waiver]]\nrule = \"{RULE}\"\n{lines}")
}

const OWNED: &str = "reason = \"hosts come from our own list\"\nowner = \"platform\"\n";

#[test]
fn a_waiver_that_is_written_by_the_command_holds() {
    let folder = project();
    assert_eq!(suppressions(&document(folder.path())), [None]);
    let arguments =
        ["waive", RULE, "--path", "app.py", "--reason", "say \"why\"", "--owner", "platform", "--ticket", "T-1"];
    stageclear(folder.path()).args(arguments).assert().code(0);
    let document = document(folder.path());
    assert_eq!(suppressions(&document), [Some("waiver".to_owned())]);
    let waiver = &document["waivers"][0];
    assert_eq!((waiver["used"].as_u64(), waiver["life_days"].as_u64()), (Some(1), Some(90)));
    assert_eq!(waiver["reason"], "say \"why\"");
    for (format, wanted) in [
        ("text", "in force: taint/python-command-injection in app.py, 1 finding"),
        ("table", "Exceptions"),
        ("markdown", "## Exceptions"),
        ("html", "<h2>Exceptions</h2>"),
        ("sarif", "\"external\""),
    ] {
        let output = stageclear(folder.path()).args(["audit", "--format", format]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(wanted) || text.contains(&wanted.replace('-', "\\-")), "{format}: {text}");
    }
    // A second one is appended, the first is left as it is.
    stageclear(folder.path()).args(["waive", "0123456789abcdef", "--reason", "r", "--owner", "o"]).assert().code(0);
    let text = std::fs::read_to_string(folder.path().join("stageclear.waivers.toml")).unwrap();
    assert_eq!(text.matches("[[waiver]]").count(), 2);
    assert!(text.contains("\n\n[[waiver]]\nfingerprint = \"0123456789abcdef\""), "{text}");
}

#[test]
fn the_command_refuses_what_would_not_hold() {
    let folder = project();
    for (arguments, wanted) in [
        (vec!["taint/python-comand-injection", "--path", "a"], "did you mean `taint/python-command-injection`"),
        (vec![RULE], "says where it holds"),
        (vec![RULE, "--path", "a", "--expires", "2020-01-01"], "is over already"),
        (vec![RULE, "--path", "a{"], "no glob"),
    ] {
        let mut command = stageclear(folder.path());
        command.arg("waive").args(&arguments).args(["--reason", "r", "--owner", "o"]);
        let output = command.assert().code(2).get_output().clone();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(wanted), "{arguments:?}: {text}");
        assert!(!folder.path().join("stageclear.waivers.toml").exists());
    }
}

#[test]
fn what_is_expired_endless_broad_or_misplaced_excuses_nothing() {
    let folder = project();
    let file = folder.path().join("stageclear.waivers.toml");
    for (lines, wanted) in [
        (format!("path = \"app.py\"\n{OWNED}expires = 2026-01-01"), "it expired on 2026-01-01"),
        (format!("path = \"app.py\"\n{OWNED}"), "it has no end"),
        (format!("path = \"app.py\"\n{OWNED}expires = 2999-01-01"), "are allowed"),
        (format!("path = \"**\"\n{OWNED}created = 2099-01-01\nexpires = 2099-02-01"), "too broad"),
        ("path = \"app.py\"\nreason = \"r\"\nexpires = 2099-01-01".to_owned(), "names no `owner`"),
    ] {
        std::fs::write(&file, waiver(&lines)).unwrap();
        let document = document(folder.path());
        assert_eq!(suppressions(&document), [None], "{lines}");
        let told = document["problems"].to_string();
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    // In a folder below it says nothing, not even to a vendored copy's own files.
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(folder.path().join("lib")).unwrap();
    std::fs::rename(folder.path().join("app.py"), folder.path().join("lib/app.py")).unwrap();
    let narrow = waiver(&format!("path = \"**/app.py\"\n{OWNED}created = 2026-11-01\nexpires = 2099-01-01"));
    std::fs::write(folder.path().join("lib/stageclear.waivers.toml"), narrow).unwrap();
    assert_eq!(suppressions(&document(folder.path())), [None]);
}

#[test]
fn a_baseline_accepts_what_is_there_and_nothing_new() {
    let folder = project();
    stageclear(folder.path()).args(["baseline", "write", "--quiet"]).assert().code(0);
    let text = std::fs::read_to_string(folder.path().join("stageclear.baseline")).unwrap();
    assert!(text.contains(" 1 taint/python-command-injection app.py\n"), "{text}");
    stageclear(folder.path()).arg("audit").assert().code(0);
    assert_eq!(suppressions(&document(folder.path())), [Some("baseline".to_owned())]);
    // Lines above move it; it stays accepted. A second of its kind is new.
    let more = format!(
        "# a comment\n\n{WEAK}\n\n@app.get(\"/trace\")\ndef trace():\n    return subprocess.run(\"traceroute \" + request.args[\"host\"], shell=True, capture_output=True).stdout\n"
    );
    std::fs::write(folder.path().join("app.py"), more).unwrap();
    stageclear(folder.path()).arg("audit").assert().code(1);
    let mut found = suppressions(&document(folder.path()));
    found.sort();
    assert_eq!(found, [None, Some("baseline".to_owned())]);
    stageclear(folder.path()).args(["audit", "--no-baseline"]).assert().code(1);
    // What is mended leaves the file; the new one does not enter it.
    std::fs::write(folder.path().join("app.py"), "print(1)\n").unwrap();
    let told = String::from_utf8(stageclear(folder.path()).arg("audit").output().unwrap().stderr).unwrap();
    assert!(told.contains("of the baseline hit nothing"), "{told}");
    stageclear(folder.path()).args(["baseline", "update"]).assert().code(0);
    let text = std::fs::read_to_string(folder.path().join("stageclear.baseline")).unwrap();
    assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
}

#[test]
fn a_secret_leaves_no_trace_in_the_baseline() {
    let app = folder("flask-insecure");
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(app).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    stageclear(copy.path()).args(["baseline", "write", "--quiet"]).assert().code(0);
    let text = std::fs::read_to_string(copy.path().join("stageclear.baseline")).unwrap();
    assert!(text.contains("secret/") && !text.contains("q7Zt2mXw9LbV4nRk8YpDs3HfJc6GaT1e"), "{text}");
    assert!(text.lines().skip(2).is_sorted());
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = project();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("w"), "").unwrap();
    std::os::unix::fs::symlink(outside.path().join("w"), folder.path().join("stageclear.waivers.toml")).unwrap();
    let output = stageclear(folder.path()).arg("audit").assert().code(2).get_output().clone();
    assert!(String::from_utf8(output.stderr).unwrap().contains("no regular file"));
}
