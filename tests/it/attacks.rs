//! Attempts to loosen what an organisation demands. Each is a project, or a bundle, that asks for less; none gets it.

use std::path::Path;

use assert_cmd::Command;
use ring::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::Value;
use stageclear::base::base64::{decode, encode_url};
use stageclear::policy::organization::{Archive, sign};

/// A project with one certain weakness, and one that the organisation alone sees.
const WEAK: &str = "import subprocess\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get(\"/ping\")\ndef ping():\n    return subprocess.run(\"ping \" + request.args[\"host\"], shell=True, capture_output=True).stdout\n";
const RULE: &str = "taint/python-command-injection";
const OWN: &str = "policy/acme/no-flask";
const POLICY: &str = "# METADATA\n# scope: package\n# title: Flask is not used here\n# custom:\n#   id: policy/acme/no-flask\n#   severity: high\npackage acme.rules\n\ndeny contains {\"msg\": \"flask\"} if \"flask\" in input.project.frameworks\n";
const DEMANDS: &str = r#"{"organization": {"name": "Acme", "fail_on": "high", "strict": true, "max_advisory_age_days": 100000,
    "exclude": ["docs/**"], "level": "standard",
    "parameters": {"minimum_password_length": 12, "waiver_max_days": 30, "public_routes": ["/status"]}, "waivers": {"max_days": 30, "never": ["taint/*"], "in_source": false, "baseline": false}}}"#;
const MANIFEST: &str = r#"{"revision": "7", "roots": ["acme", "organization"]}"#;

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    /// A bundle beside a project.
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        case.write("bundle/acme/rules.rego", POLICY);
        case.write("bundle/data.json", DEMANDS);
        case.write("bundle/.manifest", MANIFEST);
        case.write("project/app.py", WEAK);
        case
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self) -> Command {
        let mut command = Command::cargo_bin("stageclear").unwrap();
        command.env_clear().env("STAGECLEAR_CACHE_DIR", self.path("cache")).current_dir(self.path("project"));
        command
    }

    fn audit(&self, source: &str, arguments: &[&str]) -> (i32, Value, String) {
        let mut command = self.command();
        command.args(["audit", "--format", "json", "--organization", source]).args(arguments);
        let output = command.output().unwrap();
        let document = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code().unwrap(), document, String::from_utf8(output.stderr).unwrap())
    }
}

fn active(document: &Value, rule: &str) -> usize {
    let findings = document["findings"].as_array().map_or([].as_slice(), Vec::as_slice);
    findings.iter().filter(|finding| finding["rule"] == rule && finding["suppression"].is_null()).count()
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = encode_url(der).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A private and a public key: P-256 or Ed25519.
fn keys(edwards: bool) -> (String, String) {
    let random = ring::rand::SystemRandom::new();
    let (private, head, public) = if edwards {
        let private = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
        (private, "302a300506032b6570032100", pair.public_key().as_ref().to_vec())
    } else {
        let algorithm = &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let private = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref(), &random).unwrap();
        let head = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
        (private, head, pair.public_key().as_ref().to_vec())
    };
    let head = (0..head.len()).step_by(2).map(|at| u8::from_str_radix(&head[at..at + 2], 16).unwrap());
    let spki: Vec<u8> = head.chain(public).collect();
    (pem("PRIVATE KEY", private.as_ref()), pem("PUBLIC KEY", &spki))
}

#[test]
fn without_an_attempt_the_demands_hold_and_nothing_is_said() {
    let case = Case::new();
    let (code, document, _) = case.audit("../bundle", &[]);
    assert_eq!(code, 1);
    assert_eq!((active(&document, RULE), active(&document, OWN)), (1, 1));
    let organization = &document["project"]["organization"];
    assert_eq!((organization["name"].as_str(), organization["revision"].as_str()), (Some("Acme"), Some("7")));
    assert!(organization["attempts"].as_array().unwrap().is_empty());
    assert_eq!(document["project"]["options"]["strict"], true);
}

#[test]
fn a_configuration_that_asks_for_less_is_put_right_and_reported() {
    for (configuration, arguments, wanted) in [
        ("[rules]\ndisable = [\"taint/python-command-injection\"]", vec![], "it stays on"),
        ("fail-on = \"critical\"", vec![], "the bar is high"),
        ("", vec!["--fail-on", "critical"], "the bar is high"),
        ("strict = false", vec!["--no-strict"], "passing an incomplete audit"),
        ("exclude = [\"app.py\"]", vec![], "excluding `app.py`"),
        ("exclude = [\"**\"]", vec![], "excluding `**`"),
        ("exclude = [\"docs\", \"*.py\"]", vec![], "excluding `*.py`"),
        ("[limits]\nsource-bytes = 10", vec![], "lower size limits"),
        ("[limits]\nfiles = 0", vec![], "lower size limits"),
        ("[db]\nmax-age-days = 9999999", vec![], "advisory data of 9999999 days"),
        ("[policy]\nlevel = \"baseline\"", vec![], "policies by level or packs: they stay on"),
        ("[policy]\npacks = [\"client\"]", vec![], "policies by level or packs: they stay on"),
        ("[policy]\npacks = []", vec![], "policies by level or packs: they stay on"),
        ("[policy.parameters]\nminimum-password-length = 1", vec![], "`minimum-password-length` = 1: 12 holds"),
        ("[policy.parameters]\nwaiver-max-days = 9999", vec![], "`waiver-max-days` = 9999: 30 holds"),
        ("[policy.parameters]\npublic-routes = [\"/**\"]", vec![], "`public-routes`"),
    ] {
        let case = Case::new();
        case.write("project/stageclear.toml", configuration);
        let (code, document, _) = case.audit("../bundle", &arguments);
        assert_eq!(code, 1, "{configuration} {arguments:?}");
        assert_eq!((active(&document, RULE), active(&document, OWN)), (1, 1), "{configuration}");
        assert_eq!(active(&document, "policy/release-gate/loosened"), 1, "{configuration}");
        assert!(document["project"]["organization"]["attempts"].to_string().contains(wanted), "{configuration}");
    }
    // What asks for more is nobody's business.
    let case = Case::new();
    case.write("project/stageclear.toml", "fail-on = \"medium\"\nexclude = [\"docs/**\"]\nstrict = true");
    let (_, document, _) = case.audit("../bundle", &[]);
    assert_eq!(active(&document, "policy/release-gate/loosened"), 0);
    assert_eq!(document["project"]["options"]["fail_on"], "medium");
}

#[test]
fn exceptions_beyond_the_bounds_excuse_nothing() {
    let waiver = |scope: &str, dates: &str| format!("[[waiver]]\n{scope}\nreason = \"r\"\nowner = \"o\"\n{dates}\n");
    let soon = "created = 2026-11-01\nexpires = 2099-01-01";
    for (file, text) in [
        ("stageclear.waivers.toml", waiver(&format!("rule = \"{RULE}\"\npath = \"app.py\""), soon)),
        ("stageclear.waivers.toml", waiver("rule = \"ta*\"\npath = \"app.py\"", soon)),
        ("stageclear.waivers.toml", waiver(&format!("rule = \"{OWN}\"\npath = \"app.py\""), soon)),
        ("stageclear.waivers.toml", waiver(&format!("rule = \"{OWN}\"\npath = \"app.py\""), "expires = 2026-01-01")),
        ("stageclear.waivers.toml", waiver(&format!("rule = \"{OWN}\"\npath = \"app.py\""), "")),
        // Written "in the future" to look short.
        (
            "stageclear.waivers.toml",
            waiver(&format!("rule = \"{OWN}\"\npath = \"app.py\""), "created = 2098-12-31\nexpires = 2099-01-01"),
        ),
        ("app.py", WEAK.replace("stdout", &format!("stdout  # stageclear: ignore[{RULE}] safe, believe me"))),
        // Configuration of a folder below is nobody's.
        (
            "lib/stageclear.toml",
            "exclude = [\"**\"]\n[rules]\ndisable = [\"taint/python-command-injection\"]".to_owned(),
        ),
        ("node_modules/x/stageclear.waivers.toml", waiver(&format!("rule = \"{OWN}\"\npath = \"**/*.py\""), soon)),
    ] {
        let case = Case::new();
        case.write(&format!("project/{file}"), &text);
        let (code, document, _) = case.audit("../bundle", &[]);
        assert_eq!(code, 1, "{text}");
        assert_eq!((active(&document, RULE), active(&document, OWN)), (1, 1), "{text}");
    }
    let case = Case::new();
    case.command().args(["baseline", "write", "--quiet"]).assert().code(0);
    assert!(case.path("project/stageclear.baseline").exists());
    case.command().arg("audit").assert().code(0);
    let (code, document, _) = case.audit("../bundle", &[]);
    assert_eq!((code, active(&document, RULE)), (1, 1));
    assert!(document["waivers"].to_string().contains("a baseline excuses nothing here"));
}

#[test]
fn policies_of_the_project_cannot_speak_for_the_organisation() {
    let looping = "package own\n\nhuge := numbers.range(1, 4000)\n\ndeny contains \"x\" if {\n\tsome a in huge\n\tsome b in huge\n\tsome c in huge\n\ta * b * c == -1\n}\n";
    for (file, text, wanted) in [
        (
            "p/a.rego",
            "package acme.rules\n\nexception contains [\"\"]\n".to_owned(),
            "belongs to the organisation's policy",
        ),
        ("p/a.rego", "package acme.rules.more\n\ndeny := set()\n".to_owned(), "belongs to the organisation's policy"),
        ("p/a.rego", "package acme\n\nrules := {\"deny\": set()}\n".to_owned(), "belongs to the organisation's policy"),
        (
            "p/a.rego",
            "package organization.waivers\n\nmax_days := 9999\n".to_owned(),
            "belongs to the organisation's policy",
        ),
        (
            "p/a.rego",
            "package stageclear.lib\n\nat_least(_, _) := false\n".to_owned(),
            "belongs to the built-in policies",
        ),
        (
            "p/data.json",
            "{\"organization\": {\"waivers\": {\"in_source\": true}}}".to_owned(),
            "belongs to the organisation's policy",
        ),
        ("p/data.json", "{\"acme\": {\"rules\": {\"deny\": []}}}".to_owned(), "belongs to the organisation's policy"),
        ("p/data.json", "{\"config\": {\"minimum_password_length\": 1}}".to_owned(), "`data.config` belongs to"),
        ("p/data.yaml", "config: {waiver_max_days: 9999}".to_owned(), "`data.config` belongs to"),
        ("p/a.rego", "package config\n\nwaiver_max_days := 9999\n".to_owned(), "belongs to the built-in policies"),
        ("p/a.rego", "package own\n\ndeny contains \"x\" if time.now_ns() < 0\n".to_owned(), "unknown function"),
        ("p/data.json", "{\"stageclear\": {}}".to_owned(), "belongs to the built-in policies"),
        ("p/a.rego", looping.to_owned(), "took longer"),
        ("p/a.rego", format!("package own\n\n# {}\n", "x".repeat(8 << 20)), "limit"),
        ("p/a.rego", "package own\n\na := b\n\nb := a\n".to_owned(), "recursive"),
        (
            "p/a.rego",
            "package own\n\ndeny contains \"x\" if http.send({\"url\": \"http://127.0.0.1\"})\n".to_owned(),
            "unknown function",
        ),
    ] {
        let case = Case::new();
        case.write(&format!("project/{file}"), &text);
        case.write("project/stageclear.toml", "[policy]\npaths = [\"p\"]");
        let (code, document, told) = case.audit("../bundle", &[]);
        assert_eq!(code, 2, "{}: {told}", &text[..text.len().min(80)]);
        assert!(document.is_null() && told.contains(wanted), "{told}");
    }
    // An exception excuses the rules of its own package alone.
    let case = Case::new();
    case.write("project/p/a.rego", "package own\n\nimport rego.v1\n\nexception contains rules if rules := [\"\"]\n");
    case.write("project/stageclear.toml", "[policy]\npaths = [\"p\"]");
    let (code, document, _) = case.audit("../bundle", &[]);
    assert_eq!((code, active(&document, OWN)), (1, 1));
    // Nor do policies come from outside of the project.
    case.write("project/stageclear.toml", "[policy]\npaths = [\"../bundle\"]");
    assert_eq!(case.audit("../bundle", &[]).0, 2);
}

#[test]
fn policies_that_take_all_memory_end_the_audit_unchecked() {
    let doubling = (1..40).fold("package own\n\nx0 := \"0123456789abcdef\"\n".to_owned(), |text, at| {
        format!("{text}\nx{at} := concat(\"\", [x{before}, x{before}])\n", before = at - 1)
    });
    for text in [
        format!("{doubling}\ndeny contains \"x\" if count(x39) > 0\n"),
        "package own\n\ndeny contains msg if msg := sprintf(\"%900000000d\", [1])\n".to_owned(),
    ] {
        let case = Case::new();
        case.write("project/p/a.rego", &text);
        case.write("project/stageclear.toml", "[policy]\npaths = [\"p\"]");
        let (code, document, told) = case.audit("../bundle", &[]);
        assert!(code == 3 && document.is_null(), "{told}");
        assert!(told.contains("data.own.deny: evaluation took more than 1024 MiB of memory"), "{told}");
    }
}

#[test]
fn a_bundle_that_is_not_what_was_signed_is_not_obeyed_and_nothing_is_audited() {
    for edwards in [false, true] {
        let case = Case::new();
        let (private, public) = keys(edwards);
        let archive = sign(Archive::read(&case.path("bundle")).unwrap(), &private).unwrap();
        case.write("key.pem", &public);
        case.write("good.tar.gz", archive.pack().unwrap());
        let key = ["--organization-key", "../key.pem"];
        let (code, document, told) = case.audit("../good.tar.gz", &key);
        assert_eq!((code, active(&document, OWN)), (1, 1), "{told}");
        let refused = |source: &str, wanted: &str| {
            let (code, document, told) = case.audit(source, &key);
            assert!(code == 3 && document.is_null() && told.contains(wanted), "{source}: {code} {told}");
        };
        // No signature, another key's, a changed, an added and a missing file.
        refused("../bundle", "it is not signed");
        let (other, _) = keys(edwards);
        let foreign = sign(Archive::read(&case.path("bundle")).unwrap(), &other).unwrap();
        case.write("foreign.tar.gz", foreign.pack().unwrap());
        refused("../foreign.tar.gz", "not of the given key");
        let signatures = archive.files().find(|(name, _)| *name == ".signatures.json").unwrap().1.to_vec();
        case.write("bundle/.signatures.json", &signatures);
        assert_eq!(case.audit("../bundle", &key).0, 1, "a folder with the same files is as good");
        case.write("bundle/data.json", DEMANDS.replace("30", "3000"));
        refused("../bundle", "`data.json` is not what was signed");
        case.write("bundle/data.json", DEMANDS);
        case.write("bundle/acme/more.rego", "package acme.more\n");
        refused("../bundle", "`acme/more.rego` is not what was signed");
        std::fs::remove_file(case.path("bundle/acme/more.rego")).unwrap();
        std::fs::remove_file(case.path("bundle/acme/rules.rego")).unwrap();
        refused("../bundle", "`acme/rules.rego` is not what was signed");
        case.write("bundle/acme/rules.rego", POLICY);
        // The token does not choose how it is checked.
        let token: Value = serde_json::from_slice(&signatures).unwrap();
        let token = token["signatures"][0].as_str().unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        for algorithm in ["none", "HS256", "RS256"] {
            let header = encode_url(format!("{{\"alg\":\"{algorithm}\"}}").as_bytes());
            for signature in ["", parts[2]] {
                let forged = format!("{{\"signatures\":[\"{header}.{}.{signature}\"]}}", parts[1]);
                case.write("bundle/.signatures.json", forged);
                refused("../bundle", "not of the given key");
            }
        }
        let payload =
            String::from_utf8(decode(parts[1]).unwrap()).unwrap().replace("\"files\":[", "\"files\":[],\"x\":[");
        let forged = format!("{{\"signatures\":[\"{}.{}.{}\"]}}", parts[0], encode_url(payload.as_bytes()), parts[2]);
        case.write("bundle/.signatures.json", forged);
        refused("../bundle", "not of the given key");
    }
}

#[test]
fn a_bundle_that_cannot_be_had_or_is_not_the_pinned_one_ends_the_run() {
    let case = Case::new();
    let digest = Archive::read(&case.path("bundle")).unwrap().digest();
    assert_eq!(case.audit(&format!("../bundle@{digest}"), &[]).0, 1);
    let wrong = format!("../bundle@sha256:{}", "0".repeat(64));
    let refused = |source: &str, wanted: &str| {
        let (code, document, told) = case.audit(source, &[]);
        assert!(code == 3 && document.is_null() && told.contains(wanted), "{source}: {code} {told}");
    };
    refused(&wrong, "pins sha256:000");
    refused("../nowhere", "No such file");
    refused("s3://registry.example/policy", "folders, files,");
    refused("oci://127.0.0.1:1/policy:1", "127.0.0.1");
    refused("oci://127.0.0.1:1/../policy", "is no `oci:");
    refused("git+ssh://registry.example/policy@main", "over https only");
    refused("git+http://127.0.0.1:1/policy@main", "127.0.0.1");
    refused("git+http://registry.example/policy@main", "not encrypted");
    refused("git+../project@main", "no git repository");
    refused("http://registry.example/policy.tar.gz", "not encrypted");
    refused("http://127.0.0.1:1/policy.tar.gz", "127.0.0.1");
    // The lock holds whoever names the bundle.
    case.command().args(["policy", "lock", "../bundle"]).assert().code(0);
    assert_eq!(case.audit("../bundle", &[]).0, 1);
    case.write("bundle/.manifest", MANIFEST.replace('7', "8"));
    refused("../bundle", "stageclear.lock pins");
    let digest = Archive::read(&case.path("bundle")).unwrap().digest();
    refused(&format!("../bundle@{digest}"), "stageclear.lock pins");
    case.write("project/stageclear.lock", "[organization]\ndigest = 1");
    refused("../bundle", "stageclear.lock");
    std::fs::remove_file(case.path("project/stageclear.lock")).unwrap();
    // Demands that are not understood are no demands to go without.
    case.write("bundle/data.json", DEMANDS.replace("\"strict\"", "\"strickt\""));
    refused("../bundle", "unknown field `strickt`");
    case.write("bundle/data.json", DEMANDS);
    case.write("bundle/acme/rules.rego", "package other\n\ndeny contains \"x\"\n");
    refused("../bundle", "outside of its roots");
    case.write("bundle/acme/rules.rego", POLICY.replace("if", "iff"));
    assert_ne!(case.audit("../bundle", &[]).0, 0);
}

#[cfg(unix)]
#[test]
fn links_archives_and_bombs() {
    let case = Case::new();
    let refused = |source: &str, wanted: &str| {
        let (code, document, told) = case.audit(source, &[]);
        assert!(code == 3 && document.is_null() && told.contains(wanted), "{source}: {code} {told}");
    };
    std::os::unix::fs::symlink("/etc/hostname", case.path("bundle/acme/link.rego")).unwrap();
    refused("../bundle", "is a link");
    let packed = |write: &dyn Fn(&mut tar::Builder<Vec<u8>>)| {
        let mut tar = tar::Builder::new(Vec::new());
        write(&mut tar);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut gzip, &tar.into_inner().unwrap()).unwrap();
        gzip.finish().unwrap()
    };
    let file = |tar: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, bytes).unwrap();
    };
    case.write("up.tar.gz", packed(&|tar| file(tar, "../acme/rules.rego", POLICY.as_bytes())));
    refused("../up.tar.gz", "leads out of the bundle");
    case.write("twice.tar.gz", packed(&|tar| (0..2).for_each(|_| file(tar, "acme/rules.rego", POLICY.as_bytes()))));
    refused("../twice.tar.gz", "is there twice");
    let zeros = vec![b' '; 70 << 20];
    case.write("bomb.tar.gz", packed(&|tar| file(tar, "acme/rules.rego", &zeros)));
    refused("../bomb.tar.gz", "bytes");
    case.write("cut.tar.gz", &packed(&|tar| file(tar, "acme/rules.rego", POLICY.as_bytes()))[..40]);
    refused("../cut.tar.gz", "bundle.tar.gz");
    case.write("none.tar.gz", packed(&|tar| file(tar, "README.md", b"hello")));
    refused("../none.tar.gz", "no policies and no data");
    // A part of the project is not the project.
    std::fs::remove_file(case.path("bundle/acme/link.rego")).unwrap();
    case.write("project/other.py", "print(1)\n");
    std::fs::write(case.path("bundle/acme/rules.rego"), "package acme.rules\n").unwrap();
    let (code, document, _) = case.audit("../bundle", &["other.py"]);
    assert_eq!(code, 3, "{}", document["verdict"]);
}

/// Marks of generators, git's list of what to leave out where there is no git, and a waiver for another finding.
#[test]
fn what_a_repository_says_of_its_files_hides_none() {
    let case = Case::new();
    case.write("project/app.py", format!("# @generated by a tool. DO NOT EDIT.\n{WEAK}"));
    case.write("project/.gitignore", "app.py\n");
    case.write("project/.gitattributes", "*.py linguist-generated linguist-vendored\n");
    case.write(
        "project/stageclear.waivers.toml",
        "\u{feff}[[waiver]]\r\nfingerprint = \"0123456789abcdef\"\r\nreason = \"r\"\r\nowner = \"o\"\r\nexpires = 2026-12-20\r\n",
    );
    let (code, document, told) = case.audit("../bundle", &[]);
    assert_eq!((code, active(&document, RULE)), (1, 1), "{told}");
    // A name that only looks like a rule's switches nothing off, and neither does a file that only looks like ours.
    case.write("project/Stageclear.toml", "fail-on = \"critical\"\n");
    case.write("project/stageclear.toml", "[rules]\ndisable = [\"taint/pyth\u{43e}n-command-injection\"]\n");
    let (code, _, told) = case.audit("../bundle", &[]);
    assert!(code == 2 && told.contains("there is no rule"), "{told}");
}

/// A server on this machine that knows entity tags: the bundle comes over the network, and from the cache when the
/// server is gone; a bundle that was refused is not kept.
#[test]
fn over_the_network_and_without_it() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let case = Case::new();
    let bytes = Archive::read(&case.path("bundle")).unwrap().pack().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/policy.tar.gz", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut tagged = 0;
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let lines: Vec<String> =
                BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let known = lines.iter().any(|line| line.eq_ignore_ascii_case("if-none-match: \"v7\""));
            tagged += usize::from(known);
            let head = if known { "304 Not Modified" } else { "200 OK" };
            let body: &[u8] = if known { &[] } else { &bytes };
            write!(
                stream,
                "HTTP/1.1 {head}\r\nETag: \"v7\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )
            .unwrap();
            stream.write_all(body).unwrap();
        }
        tagged
    });
    for _ in 0..2 {
        let (code, document, told) = case.audit(&url, &[]);
        assert_eq!((code, active(&document, OWN)), (1, 1), "{told}");
    }
    assert_eq!(server.join().unwrap(), 1, "the second time the tag was sent");
    let (code, document, told) = case.audit(&url, &[]);
    assert_eq!((code, active(&document, OWN)), (1, 1), "{told}");
    assert!(told.contains("the copy of an earlier run is in force"), "{told}");
    case.write("key.pem", keys(false).1);
    assert_eq!(case.audit(&url, &["--organization-key", "../key.pem"]).0, 3);
    assert!(Path::new(&case.path("cache/organization")).exists());
}

/// What counts is the commit, not what lies in the working tree; and a link in it is refused as everywhere.
#[test]
fn a_bundle_of_a_git_repository_is_the_named_commit() {
    let case = Case::new();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(case.path("bundle")).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", case.path("cache"));
        command.args(["-c", "user.name=a", "-c", "user.email=a@registry.example", "-c", "init.defaultBranch=main"]);
        command.args(arguments).status().is_ok_and(|status| status.success())
    };
    if !git(&["init", "--quiet"]) {
        return;
    }
    assert!(
        git(&["add", "--all", "--force"]) && git(&["commit", "--quiet", "--message", "one"]) && git(&["tag", "v1"])
    );
    let digest = Archive::read(&case.path("bundle")).unwrap().digest();
    case.write("bundle/acme/rules.rego", "package acme.rules\n");
    let (code, document, told) = case.audit("git+../bundle@v1", &[]);
    assert_eq!((code, active(&document, OWN)), (1, 1), "{told}");
    assert_eq!(document["project"]["organization"]["digest"], digest.as_str());
    let (code, document, told) = case.audit(&format!("git+../bundle@v1@{digest}"), &[]);
    assert_eq!((code, active(&document, OWN)), (1, 1), "{told}");
    let refused = |source: &str, wanted: &str| {
        let (code, document, told) = case.audit(source, &[]);
        assert!(code == 3 && document.is_null() && told.contains(wanted), "{source}: {code} {told}");
    };
    refused("git+../bundle@v2", "no commit `v2`");
    refused("git+../bundle@v1#nowhere", "no folder `nowhere`");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/hostname", case.path("bundle/acme/link.rego")).unwrap();
        assert!(git(&["add", "--all"]) && git(&["commit", "--quiet", "--message", "two"]));
        refused("git+../bundle@main", "a link or a submodule");
    }
}
