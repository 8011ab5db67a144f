//! Many repositories: the same as single audits, one that fails stops no other, a stopped run goes on, and reports.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const WEAK: &str = "import subprocess\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/ping\")\ndef ping():\n    return subprocess.run(\"ping \" + request.args[\"host\"], shell=True, capture_output=True).stdout\n";

fn stageclear(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("stageclear").unwrap();
    command.env_clear().env("STAGECLEAR_CACHE_DIR", folder.join("cache")).current_dir(folder);
    command
}

fn text(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn fleet() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, code) in [("weak", WEAK), ("fine", "print(1)\n"), ("also-fine", "x = 1\n"), ("broken", "print(1)\n")] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("app.py"), code).unwrap();
    }
    std::fs::write(folder.path().join("broken/stageclear.toml"), "nonsense = 1").unwrap();
    std::fs::write(folder.path().join("list"), "# ours\nweak\nfine/\n\nalso-fine\nbroken\nweak\ngone\n").unwrap();
    folder
}

fn lines(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("fleet.jsonl")).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["repository"].as_str().unwrap().to_owned());
    lines
}

#[test]
fn every_repository_is_audited_and_as_if_alone() {
    let folder = fleet();
    let told = text(stageclear(folder.path()).args(["fleet", "audit", "--list", "list", "--quiet"]), 3);
    assert_eq!(told, "2 pass, 1 fail, 2 could not be audited, 0 were done before\n");
    let lines = lines(folder.path());
    let names: Vec<&str> = lines.iter().map(|line| line["repository"].as_str().unwrap()).collect();
    assert_eq!(names, ["also-fine", "broken", "fine", "gone", "weak"]);
    assert!(lines[1]["error"].as_str().unwrap().contains("unknown field"));
    assert!(lines[3]["error"].as_str().unwrap().contains("no such folder"));
    for (at, name, code) in [(2, "fine", 0), (4, "weak", 1)] {
        let alone = text(stageclear(folder.path()).args(["audit", name, "--format", "json", "--quiet"]), code);
        assert_eq!(lines[at]["document"], serde_json::from_str::<Value>(&alone).unwrap(), "{name}");
    }
}

#[test]
fn a_repository_that_ends_its_audit_stops_no_other() {
    let folder = fleet();
    let broken = folder.path().join("broken");
    std::fs::write(broken.join("stageclear.toml"), "[policy]\npaths = [\"own.rego\"]\n").unwrap();
    let doubling = (1..40).fold("package own\n\nx0 := \"0123456789abcdef\"\n".to_owned(), |text, at| {
        format!("{text}\nx{at} := concat(\"\", [x{before}, x{before}])\n", before = at - 1)
    });
    let doubling = format!("{doubling}\ndeny contains \"x\" if count(x39) > 0\n");
    std::fs::write(broken.join("own.rego"), doubling).unwrap();
    // A lock of a repository that names another bundle is its own affair, too.
    let lock = "[organization]\nsource = \"org\"\nrevision = \"\"\ndigest = \"sha256:00\"\n";
    std::fs::write(folder.path().join("also-fine/stageclear.lock"), lock).unwrap();
    std::fs::create_dir(folder.path().join("org")).unwrap();
    std::fs::write(folder.path().join("org/.manifest"), "{\"revision\": \"1\", \"roots\": [\"acme\"]}").unwrap();
    let run = ["fleet", "audit", "--jobs=1", "--quiet", "broken", "also-fine", "weak", "--organization"];
    let told = text(stageclear(folder.path()).args(run).arg("org"), 3);
    assert_eq!(told, "0 pass, 1 fail, 2 could not be audited, 0 were done before\n");
    let lines = lines(folder.path());
    assert!(lines[0]["error"].as_str().unwrap().contains("sha256:00"), "{}", lines[0]);
    assert!(lines[1]["error"].as_str().unwrap().contains("1024 MiB of memory"), "{}", lines[1]);
    assert_eq!(lines[2]["repository"], "weak");
    // A bundle that is not there ends the run before anything is audited.
    std::fs::remove_file(folder.path().join("fleet.jsonl")).unwrap();
    text(stageclear(folder.path()).args(run).arg("gone"), 3);
    assert!(!folder.path().join("fleet.jsonl").exists());
}

#[test]
fn a_stopped_run_goes_on_and_parts_add_up() {
    let folder = fleet();
    text(stageclear(folder.path()).args(["fleet", "audit", "weak", "fine", "--quiet"]), 1);
    let path = folder.path().join("fleet.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    // The process was killed within its second line.
    let cut = whole.find('\n').unwrap() + 40;
    std::fs::write(&path, &whole[..cut]).unwrap();
    let told = text(
        stageclear(folder.path()).args(["fleet", "audit", "weak", "fine", "also-fine", "--quiet"]).arg("--jobs=1"),
        i32::from(!whole.starts_with("{\"repository\":\"weak\"")),
    );
    assert!(told.ends_with("1 were done before\n"), "{told}");
    assert_eq!(lines(folder.path()).len(), 3);
    for part in ["1/2", "2/2"] {
        let output = format!("part-{}.jsonl", &part[..1]);
        stageclear(folder.path())
            .args(["fleet", "audit", "weak", "fine", "also-fine", "--quiet", "--shard", part, "--output", &output])
            .output()
            .unwrap();
    }
    let report = text(stageclear(folder.path()).args(["fleet", "report", "part-1.jsonl", "part-2.jsonl"]), 0);
    assert!(report.contains("2 of 3 repositories pass, 1 fail"), "{report}");
    stageclear(folder.path()).args(["fleet", "audit", "weak", "--shard", "3/2"]).assert().code(2);
}

#[test]
fn reports_show_policies_rules_waivers_and_changes() {
    let folder = fleet();
    std::fs::write(
        folder.path().join("weak/stageclear.waivers.toml"),
        "[[waiver]]\nrule = \"taint/python-command-injection\"\npath = \"app.py\"\nreason = \"r\"\nowner = \"web|<b>\"\nexpires = 2026-01-01\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("deny.rego"),
        "package own\n\ndeny contains \"flask\" if \"flask\" in input.project.frameworks\n",
    )
    .unwrap();
    stageclear(folder.path())
        .args(["fleet", "audit", "--list", "list", "--quiet", "--policy", "deny.rego"])
        .assert()
        .code(3);
    let report =
        |format: &str| text(stageclear(folder.path()).args(["fleet", "report", "fleet.jsonl", "--format", format]), 0);
    let markdown = report("markdown");
    assert!(markdown.contains("| policy/user/deny-deny | 1 of 5 | 1 |"), "{markdown}");
    assert!(markdown.contains("| 2026-01-01 | weak |") && !markdown.contains("web|<b>"), "{markdown}");
    assert!(report("html").contains("web|&lt;b&gt;"));
    assert!(report("table").contains("taint/python-command-injection"));
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(json["repositories"].as_array().unwrap().len(), 5);
    let csv = report("csv");
    assert!(csv.starts_with("repository,verdict,score") && csv.lines().count() == 6, "{csv}");
    // Later it is mended.
    std::fs::rename(folder.path().join("fleet.jsonl"), folder.path().join("before.jsonl")).unwrap();
    std::fs::write(folder.path().join("weak/app.py"), "print(1)\n").unwrap();
    stageclear(folder.path()).args(["fleet", "audit", "--list", "list", "--quiet"]).output().unwrap();
    let report =
        text(stageclear(folder.path()).args(["fleet", "report", "fleet.jsonl", "--before", "before.jsonl"]), 0);
    assert!(report.contains("fail → pass, +"), "{report}");
}

#[test]
fn what_a_policy_would_change_is_told_before_it_does() {
    let folder = fleet();
    stageclear(folder.path()).args(["fleet", "audit", "weak", "fine", "also-fine", "--quiet"]).output().unwrap();
    std::fs::write(
        folder.path().join("deny.rego"),
        "package own\n\ndeny contains {\"msg\": \"no tiny projects\"} if input.project.coverage.bytes_checked == 6\n",
    )
    .unwrap();
    let told = text(stageclear(folder.path()).args(["policy", "diff", "fleet.jsonl", "--to", "deny.rego"]), 1);
    assert!(told.contains("also-fine: passes → fails") && told.contains("+ policy/user/deny-deny"), "{told}");
    assert!(told.ends_with("would block 1 of 3, free 0\n"), "{told}");
    let told = text(stageclear(folder.path()).args(["policy", "diff", "fleet.jsonl", "--from", "deny.rego"]), 0);
    assert!(told.ends_with("would block 0 of 3, free 1\n"), "{told}");
    let none = text(stageclear(folder.path()).args(["policy", "diff", "fleet.jsonl"]), 0);
    assert_eq!(none, "would block 0 of 3, free 0\n");
}

#[test]
fn stored_lines_are_judged_in_their_order_however_many_there_are() {
    let folder = fleet();
    stageclear(folder.path()).args(["fleet", "audit", "fine", "--quiet"]).output().unwrap();
    let line = std::fs::read_to_string(folder.path().join("fleet.jsonl")).unwrap();
    let named = |at: usize| line.replacen("\"repository\":\"fine\"", &format!("\"repository\":\"r{at}\""), 1);
    let many: String = (0..67).map(named).collect();
    std::fs::write(folder.path().join("many.jsonl"), format!("{many}\n")).unwrap();
    let told = text(stageclear(folder.path()).args(["policy", "eval", "--documents", "many.jsonl"]), 0);
    let names: Vec<&str> = told.lines().filter_map(|line| line.split_whitespace().nth(2)).take(67).collect();
    assert_eq!(names, (0..67).map(|at| format!("r{at}")).collect::<Vec<_>>(), "{told}");
    assert!(told.ends_with("67 of 67 pass\n"), "{told}");
}

#[test]
fn a_new_policy_and_its_test_run_as_they_are() {
    let folder = fleet();
    for about in ["endpoint", "package", "setting", "finding"] {
        let name = format!("no-{about}");
        text(stageclear(folder.path()).args(["policy", "new", &name, "--about", about]), 0);
    }
    let told = text(
        stageclear(folder.path()).args([
            "policy",
            "test",
            "policies",
            "--coverage",
            "--min-coverage",
            "100",
            "--junit",
            "junit.xml",
        ]),
        0,
    );
    assert!(told.contains("8 tests: 8 passed") && told.contains("coverage: 100.0 %"), "{told}");
    let junit = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    assert!(junit.contains("tests=\"8\" failures=\"0\""), "{junit}");
    std::fs::write(
        folder.path().join("policies/no-package_test.rego"),
        "package no_package_test\n\ntest_nothing if 1 == 2\n",
    )
    .unwrap();
    let told = text(
        stageclear(folder.path()).args([
            "policy",
            "test",
            "policies",
            "--coverage",
            "--min-coverage",
            "100",
            "--junit",
            "junit.xml",
        ]),
        1,
    );
    assert!(told.contains("no-package.rego: ") && told.contains("below the bar of 100 %"), "{told}");
    assert!(std::fs::read_to_string(folder.path().join("junit.xml")).unwrap().contains("<failure>"));
    stageclear(folder.path()).args(["policy", "new", "no-endpoint"]).assert().code(2);
    stageclear(folder.path()).args(["policy", "new", "No Good"]).assert().code(2);
}
