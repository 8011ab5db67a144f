//! `stageclear fix` over made-up advisories: what is edited, what is said of the rest, and the laws: fixed twice is fixed
//! once, and what is fixed is not found any more.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// A project, and a cache with advisories of its own.
struct Project {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Project {
    fn new(advisories: &[(&str, &str, &str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        let export = tempfile::tempdir().unwrap();
        for (id, ecosystem, package, events) in advisories {
            let events: Vec<serde_json::Value> = events
                .split(' ')
                .map(|event| {
                    let (kind, version) = event.split_once(':').unwrap();
                    serde_json::json!({ kind: version })
                })
                .collect();
            let record = serde_json::json!({"id": id, "modified": "2026-11-01T00:00:00Z", "affected": [{
                "package": {"ecosystem": ecosystem, "name": package},
                "ranges": [{"type": "ECOSYSTEM", "events": events}]}]});
            std::fs::write(export.path().join(format!("{id}.json")), record.to_string()).unwrap();
        }
        project.run(&["db", "import", export.path().to_str().unwrap()], 0);
        project
    }

    fn put(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn run(&self, arguments: &[&str], code: i32) -> String {
        let mut command = Command::cargo_bin("stageclear").unwrap();
        command.env_clear().env("STAGECLEAR_CACHE_DIR", self.cache.path());
        command.env("SOURCE_DATE_EPOCH", "1795651200");
        command.env("STAGECLEAR_RULES", Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"));
        let output = command.current_dir(self.folder.path()).args(arguments).assert().code(code).get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str], code: i32) -> serde_json::Value {
        let mut all = vec!["fix", "--format", "json", "-q"];
        all.extend(arguments);
        serde_json::from_str(&self.run(&all, code)).unwrap()
    }

    /// State and title of each change.
    fn states(plan: &serde_json::Value) -> Vec<(String, String)> {
        let word = |change: &serde_json::Value, key: &str| change[key].as_str().unwrap().to_owned();
        let changes = plan["changes"].as_array().unwrap();
        changes.iter().map(|change| (word(change, "state"), word(change, "title"))).collect()
    }

    /// Applies, and holds the plan to the laws.
    fn applied(&self, arguments: &[&str], code: i32) -> serde_json::Value {
        let mut all = arguments.to_vec();
        all.push("--apply");
        let plan = self.json(&all, code);
        let snapshot = |path: &Path| {
            let mut files: Vec<(PathBuf, String)> = Vec::new();
            for entry in std::fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    files.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
                }
            }
            files.sort();
            files
        };
        let once = snapshot(self.folder.path());
        let again = self.json(&all, code);
        assert!(again["files"].as_array().unwrap().is_empty(), "a second run changes something: {again}");
        assert_eq!(snapshot(self.folder.path()), once);
        plan
    }
}

#[test]
fn pins_are_raised_as_little_as_leaves_every_advisory() {
    let project = Project::new(&[
        ("T-1", "PyPI", "demo", "introduced:0 fixed:1.2.3"),
        ("T-2", "PyPI", "demo", "introduced:1.2.0 fixed:1.2.5"),
        ("T-3", "PyPI", "far", "introduced:0 fixed:2.0.0"),
        ("T-4", "PyPI", "open", "introduced:0"),
    ]);
    project.put(
        "requirements.txt",
        "# why\r\nDemo[x]==1.2.0 ; python_version > '3'  # pinned\r\nfar==1.0\r\nother==1\r\nopen==1\r\n",
    );
    // Shown, and nothing written.
    let text = project.run(&["fix"], 1);
    assert!(text.contains("[would be fixed] update demo 1.2.0 to 1.2.5"), "{text}");
    assert!(text.contains("+Demo[x]==1.2.5 ; python_version > '3'  # pinned"), "{text}");
    assert!(text.contains("nothing was written, add --apply"), "{text}");
    assert!(project.text("requirements.txt").contains("==1.2.0"));
    let plan = project.applied(&[], 1);
    assert_eq!(
        Project::states(&plan),
        [
            ("verified".to_owned(), "update demo 1.2.0 to 1.2.5".to_owned()),
            ("needs-review".to_owned(), "update far 1.0 to 2.0.0".to_owned()),
            ("no-known-fix".to_owned(), "update open 1".to_owned()),
        ]
    );
    assert_eq!(
        project.text("requirements.txt"),
        "# why\r\nDemo[x]==1.2.5 ; python_version > '3'  # pinned\r\nfar==1.0\r\nother==1\r\nopen==1\r\n"
    );
    project.applied(&["--unsafe"], 1);
    assert!(project.text("requirements.txt").contains("far==2.0.0\r\n"));
    let report = project.run(&["audit", "--only", "dependencies", "--no-strict"], 1);
    assert!(!report.contains("Vulnerable dependency: demo") && !report.contains("dependency: far"), "{report}");
}

#[test]
fn a_lockfile_is_left_to_its_tool_and_those_in_the_way_are_named() {
    let project = Project::new(&[
        ("T-1", "npm", "near", "introduced:0 fixed:1.1.0"),
        ("T-2", "npm", "deep", "introduced:0 fixed:1.2.0"),
        ("T-3", "npm", "held", "introduced:0 fixed:2.0.0"),
        ("T-4", "npm", "pinned", "introduced:0 fixed:1.0.1"),
    ]);
    project.put("web/package.json", "{\n  \"dependencies\": {\n    \"near\": \"^1.0.0\",\n    \"top\": \"^1.0.0\",\n    \"pinned\": \"1.0.0\"\n  }\n}\n");
    project.put(
        "web/package-lock.json",
        r#"{"name": "x", "lockfileVersion": 3, "packages": {
            "": {"dependencies": {"near": "^1.0.0", "top": "^1.0.0", "pinned": "1.0.0"}},
            "node_modules/near": {"version": "1.0.0", "integrity": "sha512-x"},
            "node_modules/pinned": {"version": "1.0.0", "integrity": "sha512-x"},
            "node_modules/top": {"version": "1.0.0", "integrity": "sha512-x", "dependencies": {"deep": "^1.0.0", "held": "^1.0.0"}},
            "node_modules/deep": {"version": "1.0.0", "integrity": "sha512-x"},
            "node_modules/held": {"version": "1.0.0", "integrity": "sha512-x"}}}"#,
    );
    let plan = project.json(&[], 1);
    let find = |plan: &serde_json::Value, name: &str| {
        plan["changes"].as_array().unwrap().iter().find(|change| change["package"] == name).unwrap().clone()
    };
    let lines = |change: &serde_json::Value| change["commands"][0]["line"].as_str().unwrap_or("").to_owned();
    assert_eq!(
        (find(&plan, "near")["state"].as_str(), lines(&find(&plan, "near")).as_str()),
        (Some("needs-command"), "npm install near@1.1.0")
    );
    assert_eq!(lines(&find(&plan, "deep")), "npm update deep");
    assert_eq!(find(&plan, "near")["commands"][0]["folder"], "web");
    let held = find(&plan, "held");
    assert_eq!(held["state"], "needs-review");
    assert_eq!(held["blocked_by"][0], "top@1.0.0 asks for `^1.0.0`");
    assert!(held["reason"].as_str().unwrap().contains("`top@1.0.0` brings it in"), "{held}");
    // The pin is edited; the lockfile is still npm's to write.
    assert_eq!(
        (find(&plan, "pinned")["state"].as_str(), lines(&find(&plan, "pinned")).as_str()),
        (Some("needs-command"), "npm install")
    );
    project.json(&["--apply"], 1);
    assert!(project.text("web/package.json").contains("\"pinned\": \"1.0.1\""));
    assert!(project.text("web/package.json").contains("\"near\": \"^1.0.0\""));
    let plan = project.json(&["--apply", "--unsafe"], 1);
    assert!(
        project.text("web/package.json").contains("\"overrides\": {\n    \"held\": \"2.0.0\"\n  }"),
        "{}",
        project.text("web/package.json")
    );
    assert_eq!(find(&plan, "held")["state"], "needs-command");
    assert!(project.json(&["--apply", "--unsafe"], 1)["files"].as_array().unwrap().is_empty());
}

#[test]
fn every_manifest_keeps_its_form() {
    let project = Project::new(&[
        ("T-1", "Maven", "g:a", "introduced:0 fixed:1.0.5"),
        ("T-2", "Go", "example.test/m", "introduced:0 fixed:1.0.5"),
        ("T-3", "npm", "a", "introduced:0 fixed:1.0.5"),
        ("T-4", "GitHub Actions", "o/r", "introduced:0 fixed:1.0.5"),
        ("T-5", "crates.io", "a", "introduced:0 fixed:1.0.5"),
        ("T-6", "NuGet", "N.A", "introduced:0 fixed:1.0.5"),
        ("T-7", "Packagist", "v/a", "introduced:0 fixed:1.0.5"),
        ("T-8", "PyPI", "a", "introduced:0 fixed:1.0.5"),
    ]);
    let pom = |version: &str| {
        format!(
            "<project>\n  <properties><a.version>{version}</a.version></properties>\n  <dependencies>\n    <dependency>\n      \
             <groupId>g</groupId>\n      <artifactId>a</artifactId>\n      <version>${{a.version}}</version>\n    </dependency>\n  \
             </dependencies>\n</project>\n"
        )
    };
    let files: [(&str, String, String); 8] = [
        ("pom.xml", pom("1.0.0"), pom("1.0.5")),
        (
            "go.mod",
            "module m\n\ngo 1.21\n\nrequire example.test/m v1.0.0 // why\n".to_owned(),
            "module m\n\ngo 1.21\n\nrequire example.test/m v1.0.5 // why\n".to_owned(),
        ),
        (
            "package.json",
            "{\n\t\"dependencies\": { \"a\": \"1.0.0\" }\n}".to_owned(),
            "{\n\t\"dependencies\": { \"a\": \"1.0.5\" }\n}".to_owned(),
        ),
        (
            ".github/workflows/x.yml",
            "on: push\njobs:\n  a:\n    steps:\n      - uses: o/r@v1.0.0 # keep\n".to_owned(),
            "on: push\njobs:\n  a:\n    steps:\n      - uses: o/r@v1.0.5 # keep\n".to_owned(),
        ),
        (
            "Cargo.toml",
            "[package]\nname = 'm'\n[dependencies]\na = { version = \"=1.0.0\" } # why\n".to_owned(),
            "[package]\nname = 'm'\n[dependencies]\na = { version = \"=1.0.5\" } # why\n".to_owned(),
        ),
        (
            "x.csproj",
            "<Project><ItemGroup><PackageReference Include=\"N.A\" Version=\"1.0.0\" /></ItemGroup></Project>\n"
                .to_owned(),
            "<Project><ItemGroup><PackageReference Include=\"N.A\" Version=\"1.0.5\" /></ItemGroup></Project>\n"
                .to_owned(),
        ),
        (
            "composer.json",
            "{\"require\": {\"v/a\": \"1.0.0\"}}\n".to_owned(),
            "{\"require\": {\"v/a\": \"1.0.5\"}}\n".to_owned(),
        ),
        (
            "pyproject.toml",
            "[project]\nname = 'm'\ndependencies = ['a == 1.0.0']\n".to_owned(),
            "[project]\nname = 'm'\ndependencies = ['a == 1.0.5']\n".to_owned(),
        ),
    ];
    for (path, old, _) in &files {
        project.put(path, old);
    }
    let plan = project.json(&["--apply"], 1);
    for state in Project::states(&plan) {
        assert_eq!(state.0, "verified", "{} {plan:#}", state.1);
    }
    for (path, _, new) in &files {
        assert_eq!(project.text(path), *new, "{path}");
    }
    // Nothing is left but what was said to run.
    assert!(project.json(&[], 0)["changes"].as_array().unwrap().is_empty());
}

#[test]
fn code_is_edited_only_where_that_is_right() {
    let project = Project::new(&[("T-1", "PyPI", "demo", "introduced:0 fixed:1.2.3")]);
    let source = "import requests\nimport yaml\n\n\ndef load(handle):\n    return yaml.load(handle, Loader=yaml.Loader)\n\n\n\
                  def plain(handle):\n    return yaml.load(handle)\n\n\ndef get(url):\n    return requests.get(url, timeout=3, verify=False)\n";
    project.put("app.py", source);
    let plan = project.json(&["--apply"], 1);
    assert!(Project::states(&plan).contains(&("verified".to_owned(), "load only plain data".to_owned())), "{plan:#}");
    let safe =
        source.replace("yaml.Loader", "yaml.SafeLoader").replace("yaml.load(handle)\n", "yaml.safe_load(handle)\n");
    assert_eq!(project.text("app.py"), safe);
    project.applied(&["--unsafe"], 0);
    assert_eq!(project.text("app.py"), safe.replace(", verify=False", ""));
}

#[test]
fn waived_findings_and_malware_are_not_touched() {
    let project = Project::new(&[("MAL-2026-1", "npm", "bad", "introduced:0 fixed:2.0.0")]);
    project.put("package.json", "{\"dependencies\": {\"bad\": \"1.0.0\"}}\n");
    let plan = project.json(&["--apply", "--unsafe"], 1);
    assert_eq!(plan["changes"][0]["state"], "blocked");
    assert!(plan["changes"][0]["title"].as_str().unwrap().starts_with("remove bad"), "{plan}");
    assert!(project.text("package.json").contains("1.0.0"));
    project.run(&["fix", "-"], 2);
    project.run(&["fix", "nowhere"], 2);
}

/// What a waiver silences is left alone, unless the organisation's policy takes no waiver for it.
#[test]
fn the_organisation_says_what_may_stay() {
    let project = Project::new(&[("T-1", "PyPI", "demo", "introduced:0 fixed:1.2.3")]);
    project.put("app/requirements.txt", "demo==1.2.0\n");
    project.put(
        "app/stageclear.waivers.toml",
        "[[waiver]]\nadvisory = \"T-1\"\nreason = \"r\"\nowner = \"o\"\ncreated = 2026-11-20\nexpires = 2026-12-10\n",
    );
    project.put(
        "bundle/data.json",
        r#"{"organization": {"name": "Acme", "waivers": {"never": ["dependency/*"], "max_days": 30}}}"#,
    );
    project.put("bundle/.manifest", r#"{"revision": "7", "roots": ["organization"]}"#);
    let plan = project.json(&["app"], 0);
    assert!(plan["changes"].as_array().unwrap().is_empty(), "{plan}");
    let plan = project.json(&["app", "--organization", "bundle"], 1);
    assert_eq!(Project::states(&plan), [("verified".to_owned(), "update demo 1.2.0 to 1.2.3".to_owned())]);
}
