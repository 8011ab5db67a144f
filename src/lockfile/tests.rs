//! Every folder under `fixtures/lockfile/` is a case: the files of a project and `expected.json`, what [`super::ALL`]
//! makes of them. `STAGECLEAR_BLESS=1` rewrites the expectation.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;

type Files = BTreeMap<String, Arc<SourceFile>>;

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lockfile")
}

fn cases() -> Vec<String> {
    let mut cases: Vec<String> =
        std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    cases.sort();
    assert!(cases.len() >= 10);
    cases
}

fn load(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if name != "expected.json" {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
                files.insert(name.clone(), Arc::new(SourceFile::new(name, text)));
            }
        }
    }
    files
}

fn extract(files: &Files) -> Extract {
    let mut all = Extract::default();
    for file in files.values() {
        for parser in ALL.iter().filter(|parser| parser.matches(file.path())) {
            let one = parser.parse(file, &|path| files.get(path).cloned());
            all.packages.extend(one.packages);
            all.problems.extend(one.problems);
        }
    }
    all
}

fn check(case: &str) -> Result<(), String> {
    let folder = fixtures().join(case);
    let got = extract(&load(&folder));
    for package in &got.packages {
        assert_eq!(package.purl, crate::package::purl(package.ecosystem, &package.name, package.version.as_deref()));
        assert!(package.path.is_empty() || package.path.last() == Some(&package.label()), "{case}: {package:?}");
    }
    let got = serde_json::json!({ "packages": got.packages, "problems": got.problems });
    let got = serde_json::to_string_pretty(&got).unwrap() + "\n";
    let path = folder.join("expected.json");
    if std::env::var_os("STAGECLEAR_BLESS").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    if got == wanted {
        return Ok(());
    }
    let lines = got.lines().zip(wanted.lines()).enumerate();
    let first = lines.filter(|(_, (got, wanted))| got != wanted).take(5);
    let shown: Vec<String> =
        first.map(|(at, (got, wanted))| format!("  {}: got {got}\n  wanted {wanted}", at + 1)).collect();
    Err(format!("{case} ({} lines, wanted {})\n{}", got.lines().count(), wanted.lines().count(), shown.join("\n")))
}

#[test]
fn fixtures_give_what_they_should() {
    let wrong: Vec<String> = cases().iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_crate_cargo_lock_reads_the_same_packages() {
    for case in cases() {
        let files = load(&fixtures().join(&case));
        let Some(file) = files.get("Cargo.lock") else { continue };
        let Ok(lockfile) = file.text().parse::<::cargo_lock::Lockfile>() else { continue };
        let mut theirs: Vec<(String, Option<String>, bool)> = lockfile
            .packages
            .iter()
            .filter(|package| package.source.is_some())
            .map(|package| (package.name.to_string(), Some(package.version.to_string()), package.checksum.is_some()))
            .collect();
        let ours = super::cargo_lock::CargoLock.parse(file, &|_| None).packages;
        let mut ours: Vec<_> = ours.into_iter().map(|own| (own.name, own.version, own.integrity)).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{case}");
    }
}

#[test]
fn formats_are_recognised_by_path() {
    let parser = |path: &str| ALL.iter().find(|parser| parser.matches(path)).map(|parser| parser.name());
    for (path, wanted) in [
        ("Cargo.lock", Some("Cargo.lock")),
        ("a/package-lock.json", Some("package-lock.json")),
        ("npm-shrinkwrap.json", Some("package-lock.json")),
        ("node_modules/x/package.json", None),
        ("requirements-dev.txt", Some("requirements.txt")),
        ("dev_requirements.txt", Some("requirements.txt")),
        ("requirements/base.txt", Some("requirements.txt")),
        ("constraints.txt", Some("requirements.txt")),
        ("robots.txt", None),
        ("Podfile.lock", Some("Podfile.lock")),
        ("bun.lockb", Some("unsupported lockfile")),
        ("docker/Dockerfile.prod", Some("Dockerfile")),
        ("Dockerfile.dockerignore", None),
        ("app.gemspec", Some("Gemfile")),
        (".gemspec", None),
        ("deno.jsonc", Some("import map")),
        ("templates/base.html", Some("page")),
        ("requirements.in", Some("requirements.txt")),
        ("composer.lock", Some("composer.lock")),
        ("src/App.csproj", Some("project file")),
        (".github/workflows/ci.yml", Some("workflow")),
        ("ci.yml", None),
        ("app.cdx.json", Some("bill of materials")),
    ] {
        assert_eq!(parser(path), wanted, "{path}");
    }
}

#[test]
fn a_large_lockfile_is_linear() {
    use std::fmt::Write as _;
    let count = 100_000;
    let mut text = String::from("{\"lockfileVersion\": 3, \"packages\": {\n\"\": {\"dependencies\": {\"p0\": \"1\"}}");
    for n in 0..count {
        let _ = write!(
            text,
            ",\n\"node_modules/p{n}\": {{\"version\": \"1.0.{n}\", \"integrity\": \"sha512-x\", \"dependencies\": {{\"p{}\": \"*\"}}}}",
            (n + 1) % count
        );
    }
    text.push_str("}}");
    let file = SourceFile::new("package-lock.json", text);
    let extract = package_lock::PackageLock.parse(&file, &|_| None);
    assert_eq!(extract.packages.len(), count);
    assert_eq!(extract.packages[99_999].location.line, 100_002);
}

#[test]
fn a_lockfile_of_more_packages_than_anybody_has_is_cut_and_told() {
    let text = "a==1.0\n".repeat(MOST + 1);
    let extract = read(&SourceFile::new("requirements.txt", text), &|_| None);
    assert_eq!(extract.packages.len(), MOST);
    assert!(extract.problems.iter().any(|problem| problem.incomplete && problem.message.contains("100001 packages")));
    let extract = read(&SourceFile::new("Cargo.lock", " ".repeat(LARGEST + 1)), &|_| None);
    assert!(extract.problems.iter().any(|problem| problem.incomplete && problem.message.starts_with("32 MiB")));
}

#[test]
fn one_long_line_is_linear() {
    let entries: Vec<String> =
        (0..50_000).map(|n| format!("\"node_modules/p{n}\":{{\"version\":\"1.0.0\"}}")).collect();
    let text = format!("{{\"lockfileVersion\":3,\"packages\":{{{}}}}}", entries.join(","));
    let extract = package_lock::PackageLock.parse(&SourceFile::new("package-lock.json", text), &|_| None);
    assert_eq!(extract.packages.len(), 50_000);
}

#[test]
fn hostile_manifests_are_linear() {
    let many = 20_000;
    let repeat = |text: &str| text.repeat(many);
    for (path, text) in [
        ("Dockerfile", repeat("FROM a AS b\n")),
        ("Dockerfile", format!("ARG A={}\nFROM {}\n", "x".repeat(100_000), repeat("$A"))),
        ("Dockerfile", format!("RUN pip install {}\n", repeat("a==1.0 "))),
        ("Dockerfile", format!("RUN {}\n", repeat("npm i a@1.0.0 && "))),
        ("index.html", repeat("<script src=\"https://unpkg.com/a@1.0.0\">")),
        ("index.html", repeat("import \"https://esm.sh/a@1.0.0")),
        ("index.html", repeat("<script ")),
        ("Gemfile", repeat("gem \"a\", \"1.0\"\n")),
        ("Gemfile", format!("gem \"a\"{}", repeat(", \"1.0\""))),
        ("Gemfile", repeat("group :a do\n")),
        ("a.gemspec", repeat("s.add_dependency ")),
        ("deno.json", format!("{{\"imports\": {{{}\"x\": 1}}}}", repeat("\"a\": \"npm:a@1.0.0\","))),
        ("Podfile.lock", format!("PODS:\n{}", repeat("  - A (1.0)\n"))),
        ("Podfile.lock", repeat("[")),
        ("bom.json", format!("{{\"components\": [{}{{}}]}}", repeat("{\"purl\": \"pkg:npm/a@1\"},"))),
        ("bom.json", repeat("{\"components\":[")),
    ] {
        stays_small(path, text, many);
    }
}

#[test]
fn hostile_lockfiles_are_linear() {
    let many = 20_000;
    let repeat = |text: &str| text.repeat(many);
    for (path, text) in [
        ("pnpm-lock.yaml", format!("packages:\n{}", repeat("  a@1.0.0:\n    resolution: {integrity: sha512-x}\n"))),
        ("pnpm-lock.yaml", repeat("{")),
        ("pnpm-lock.yaml", repeat("- ")),
        ("pnpm-lock.yaml", format!("packages: &a {{}}\nb: [{}]", repeat("*a, "))),
        ("yarn.lock", repeat("a@^1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    a \"^1.0.0\"\n")),
        ("yarn.lock", format!("{}b@1:\n  version \"1.0.0\"\n", repeat("\"a@1\", "))),
        (
            "package-lock.json",
            format!("{{\"dependencies\": {}", repeat("{\"a\": {\"version\": \"1.0.0\", \"dependencies\": ")),
        ),
        (
            "package-lock.json",
            format!("{{\"packages\": {{\"{}\": {{\"version\": \"1.0.0\"}}}}}}", repeat("node_modules/a/")),
        ),
        (
            "package-lock.json",
            format!("{{\"packages\": {{\"node_modules/a\": {{\"version\": \"{}\"}}}}}}", repeat("1.0.")),
        ),
        (
            "bun.lock",
            format!(
                "{{\"packages\": {{{}}}}}",
                repeat("\"a\": [\"a@1.0.0\", \"\", {\"dependencies\": {\"a\": \"1\"}}, \"sha512-x\"],")
            ),
        ),
        (
            "Cargo.lock",
            repeat("[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\ndependencies = [\"a\"]\n"),
        ),
        ("Cargo.lock", format!("x = {}", repeat("["))),
        ("Cargo.lock", format!("x = {}", repeat("{a="))),
        ("Cargo.lock", format!("[{}a]", repeat("a."))),
        ("uv.lock", repeat("[[package]]\nname = \"a\"\nversion = \"1.0\"\ndependencies = [{ name = \"a\" }]\n")),
        ("poetry.lock", repeat("[[package]]\nname = \"a\"\nversion = \"1.0\"\n[package.dependencies]\na = \"*\"\n")),
        ("Pipfile.lock", format!("{{\"default\": {{{}}}}}", repeat("\"a\": {\"version\": \"==1.0\"},"))),
        ("Gemfile.lock", format!("GEM\n  specs:\n{}", repeat("    a (1.0)\n      a\n"))),
        (
            "composer.lock",
            format!(
                "{{\"packages\": [{}]}}",
                repeat("{\"name\": \"a/a\", \"version\": \"1.0\", \"require\": {\"a/a\": \"*\"}},")
            ),
        ),
        ("go.mod", repeat("require a.example/a v1.0.0\n")),
        ("go.sum", repeat("a.example/a v1.0.0 h1:x=\n")),
        ("requirements.txt", format!("{}a==1.0", repeat("a==1.0 \\\n"))),
        ("requirements.txt", repeat("-r requirements.txt\n")),
        ("pom.xml", repeat("<dependency>")),
        ("pom.xml", format!("<project><properties><a>{}</a></properties></project>", repeat("${a}"))),
        ("gradle.lockfile", repeat("a:a:1.0=x\n")),
        ("build.gradle", repeat("implementation 'a:a:1.0'\n")),
        (
            "packages.lock.json",
            format!(
                "{{\"dependencies\": {{\"net8\": {{{}}}}}}}",
                repeat("\"a\": {\"resolved\": \"1.0\", \"dependencies\": {\"a\": \"1.0\"}},")
            ),
        ),
        ("App.csproj", repeat("<PackageReference Include=\"a\" Version=\"1.0\"/>")),
        ("mix.lock", repeat("\"a\": {:hex, :a, \"1.0.0\", \"x\"},\n")),
        ("pubspec.lock", format!("packages:\n{}", repeat("  a:\n    version: \"1.0.0\"\n"))),
        (
            "deno.lock",
            format!("{{\"version\": \"4\", \"npm\": {{{}}}}}", repeat("\"a@1.0.0\": {\"dependencies\": [\"a\"]},")),
        ),
        ("pyproject.toml", format!("[project]\ndependencies = [{}]", repeat("\"a>=1\","))),
        ("package.json", format!("{{\"dependencies\": {{{}}}}}", repeat("\"a\": \"catalog:\","))),
        (
            "Package.resolved",
            format!(
                "{{\"version\": 2, \"pins\": [{}]}}",
                repeat("{\"location\": \"https://a.example/a\", \"state\": {\"version\": \"1.0.0\"}},")
            ),
        ),
        (
            "renv.lock",
            format!("{{\"Packages\": {{{}}}}}", repeat("\"a\": {\"Package\": \"a\", \"Version\": \"1.0\"},")),
        ),
        ("stack.yaml.lock", format!("packages:\n{}", repeat("- completed:\n    hackage: a-1.0@sha256:x,1\n"))),
        ("environment.yml", format!("dependencies:\n  - pip:\n{}", repeat("    - a==1.0\n"))),
    ] {
        stays_small(path, text, many);
    }
}

/// Reads a file of that many repetitions: quadratic work would not end while somebody waits for it.
fn stays_small(path: &str, text: String, many: usize) {
    let file = SourceFile::new(path, text);
    let extract = read(&file, &|_| None);
    assert!(extract.packages.len() <= many, "{path}");
    assert!(extract.problems.len() <= many, "{path}");
    let vex = SourceFile::new("v.json", file.text());
    assert!(super::vex::vex(&vex).1.len() < 50, "{path}");
}

/// The files of a case with one of them cut, or some of its bytes replaced.
fn damaged(files: &Files, which: usize, cut: usize, flips: &[(usize, char)]) -> Files {
    let mut files = files.clone();
    let name = files.keys().nth(which % files.len()).unwrap().clone();
    let mut text: Vec<char> = files[&name].text().chars().collect();
    for (at, with) in flips {
        let at = at % text.len().max(1);
        if let Some(character) = text.get_mut(at) {
            *character = *with;
        }
    }
    if cut.is_multiple_of(2) {
        text.truncate(cut % (text.len() + 1));
    }
    files.insert(name.clone(), Arc::new(SourceFile::new(name, text.into_iter().collect::<String>())));
    files
}

/// A file of a format with brackets or an outline that ends in the middle is told, with its line: what is missing is
/// never taken for not being there.
#[test]
fn cut_files_are_told_with_a_line() {
    const STRUCTURED: [&str; 4] = [".json", ".toml", ".xml", "bun.lock"];
    const TOML: [&str; 4] = ["Cargo.lock", "uv.lock", "poetry.lock", "pdm.lock"];
    let mut looked_at = 0;
    for case in cases().into_iter().filter(|case| !case.contains("broken") && case != "unsupported") {
        let files = load(&fixtures().join(&case));
        for (name, file) in &files {
            let base = name.rsplit('/').next().unwrap();
            let toml = TOML.contains(&base);
            let wanted = toml || STRUCTURED.iter().any(|end| base.ends_with(end));
            if !wanted || extract(&Files::from([(name.clone(), file.clone())])).packages.is_empty() {
                continue;
            }
            // Inside the last text in quotes.
            let Some(end) = file.text().rfind('"') else { continue };
            let Some(start) = file.text()[..end].rfind('"') else { continue };
            let cut = Arc::new(SourceFile::new(name.clone(), &file.text()[..=start]));
            let lines = u32::try_from(cut.text().lines().count()).unwrap();
            let found = extract(&Files::from([(name.clone(), cut)]));
            let place =
                |problem: &&Problem| problem.incomplete && problem.location.as_ref().is_some_and(|at| at.line > 0);
            let problem = found.problems.iter().find(place);
            let line = problem.and_then(|problem| problem.location.as_ref()).map(|location| location.line);
            assert!(line.is_some_and(|line| line <= lines + 1), "{case}/{name}: {:?}", found.problems);
            looked_at += 1;
        }
    }
    assert!(looked_at >= 20, "{looked_at}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_files_never_panic(
        case in any::<proptest::sample::Index>(),
        which in any::<usize>(),
        cut in any::<usize>(),
        flips in prop::collection::vec((any::<usize>(), prop_oneof![any::<char>(), Just('"'), Just('['), Just('\n'), Just('-')]), 0..6),
    ) {
        let cases = cases();
        let files = load(&fixtures().join(case.get(&cases)));
        let first = extract(&damaged(&files, which, cut, &flips));
        let again = extract(&damaged(&files, which, cut, &flips));
        prop_assert_eq!(first.packages, again.packages);
        prop_assert_eq!(first.problems, again.problems);
    }
}
