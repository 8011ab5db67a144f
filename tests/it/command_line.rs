//! The command line as scripts see it: exit statuses, streams, formats, messages.

use assert_cmd::Command;

use crate::apps::folder;

fn stageclear() -> Command {
    let mut command = Command::cargo_bin("stageclear").unwrap();
    command.env_clear().env("STAGECLEAR_CACHE_DIR", std::env::temp_dir().join("stageclear-test-cache"));
    command
}

fn stdout(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_finding_is_one_line_first() {
    let text = stdout(stageclear().args(["scan", "--quiet"]).arg(folder("flask-insecure")), 1);
    assert!(text.lines().any(|line| line == "[HIGH] SQL injection vulnerability in db.py:17"), "{text}");
    assert!(text.lines().all(|line| line.starts_with('[')), "{text}");
}

#[test]
fn the_twin_passes() {
    let text = stdout(stageclear().arg("audit").arg(folder("flask-repaired")), 0);
    assert!(text.contains("PASSED"), "{text}");
}

#[test]
fn no_secret_is_printed() {
    for format in ["text", "table", "json", "sarif"] {
        for (app, secret) in [
            ("flask-insecure", "q7Zt2mXw9LbV4nRk8YpDs3HfJc6GaT1e"),
            ("flask-insecure", "dev-secret-key"),
            ("express-insecure", "Hq8sVb3NxK5tWm7ZpR2yLd9FgC4jTe6A"),
            ("express-insecure", "super-secret-jwt-key"),
        ] {
            let text = stdout(stageclear().args(["audit", "--format", format]).arg(folder(app)), 1);
            assert!(!text.contains(secret), "{format} prints a secret of {app}");
        }
    }
}

#[test]
fn wrong_usage_is_2_and_says_what_to_do() {
    for (arguments, wanted) in [
        (vec!["scan", "no-such-folder"], "there is nothing at `no-such-folder`"),
        (vec!["scan", "--format", "yaml"], "yaml"),
        (vec!["scan", "--fail-on", "hgh"], "`hgh` is no severity"),
        (vec!["explain", "taint/python-sql-injectoin"], "did you mean `taint/python-sql-injection`?"),
    ] {
        let output = stageclear().args(&arguments).assert().code(2).get_output().clone();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(wanted), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_broken_policy_is_2_with_a_caret() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("broken.rego"), "package main\n\ndeny contains msg if {\n  msg := (\n}\n").unwrap();
    let mut command = stageclear();
    command.arg("audit").arg(folder("flask-repaired")).arg("--policy").arg(dir.path());
    let output = command.assert().code(2).get_output().clone();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("broken.rego:") && text.contains('^'), "{text}");
}

#[test]
fn a_conftest_policy_denies() {
    let dir = tempfile::tempdir().unwrap();
    let policy = "package main\n\ndeny contains msg if {\n  some item in input.packages\n  item.name == \"flask\"\n  msg := \"no flask here\"\n}\n";
    std::fs::write(dir.path().join("flask.rego"), policy).unwrap();
    let text = stdout(stageclear().arg("audit").arg(folder("flask-repaired")).arg("--policy").arg(dir.path()), 1);
    assert!(text.contains("no flask here"), "{text}");
}

#[test]
fn an_unreadable_part_is_incomplete() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.py"), "def f(:\n    return 1\n").unwrap();
    stageclear().arg("audit").arg(dir.path()).assert().code(0);
    let output = stageclear().args(["audit", "--strict"]).arg(dir.path()).assert().code(3).get_output().clone();
    assert!(String::from_utf8(output.stdout).unwrap().contains("parsed only in part: a.py"));
}

#[test]
fn a_suppression_with_a_reason_silences() {
    let dir = tempfile::tempdir().unwrap();
    let code = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\n@app.route('/')\ndef f():\n    # stageclear: ignore[taint/python-command-injection] only reachable from the admin network\n    os.system(request.args['c'])\n    return ''\n";
    std::fs::write(dir.path().join("a.py"), code).unwrap();
    let text = stdout(stageclear().args(["scan", "--format", "json"]).arg(dir.path()), 0);
    assert!(text.contains("only reachable from the admin network"));
    assert!(text.contains("\"in-source\""));
}

#[test]
fn the_configuration_is_read_and_its_mistakes_shown() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("stageclear.toml"), "fail-on = \"critcal\"\n").unwrap();
    let output = stageclear().arg("scan").arg(dir.path()).assert().code(2).get_output().clone();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("`critcal` is no severity") && text.contains("stageclear.toml:1"), "{text}");
}
