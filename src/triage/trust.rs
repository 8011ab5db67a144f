//! What is told as high: "look here first". Weak evidence does not carry that, so it is told one level lower; the
//! finding stays, with all it says.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{CodeContext, Confidence, Finding, Location, Related, Severity, StepKind};
use crate::config::resource::Resource;
use crate::config::{Setting, choose};

/// What is true of a developer's machine only is hardly what users meet, and what one call hands on is one cause.
pub(super) fn temper(findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.severity > Severity::Medium) {
        if finding.confidence == Confidence::Low || is_for_developers(&finding.location.path, &finding.rule) {
            finding.severity = Severity::Medium;
        }
    }
    one_place(findings);
    one_cause(findings);
    one_design(findings);
    keys_of_others(findings);
}

/// Findings that only those can bring about who run the application: addresses that it asks, files that it keeps and
/// records that a filter finds are theirs to choose. `places`: the functions that only administrators reach.
pub fn by_administrators(findings: &mut [Finding], places: &[Location]) {
    const THEIRS: [&str; 4] = ["ssrf", "path-traversal", "open-redirect", "nosql-injection"];
    for finding in findings.iter_mut().filter(|finding| finding.severity > Severity::Medium) {
        let Some((_, rule)) = finding.rule.strip_prefix("taint/").and_then(|rule| rule.split_once('-')) else {
            continue;
        };
        let Some(first) = finding.trace.first().map(|step| &step.location) else { continue };
        let inside = |place: &Location| place.path == first.path && (place.line..=place.end_line).contains(&first.line);
        if THEIRS.contains(&rule) && places.iter().any(inside) {
            finding.severity = Severity::Medium;
        }
    }
}

/// Credentials of settings that another module of settings sets again where the application runs.
pub fn set_again(findings: &mut [Finding], settings: &[Setting]) {
    let again = settings.iter().filter(|setting| setting.effective.as_ref().is_some_and(|other| other.overridden));
    let places: Vec<&Location> = again.map(|setting| &setting.location).collect();
    for finding in findings.iter_mut().filter(|finding| finding.rule.starts_with("secret/")) {
        let here = |place: &&Location| place.path == finding.location.path && place.line == finding.location.line;
        if finding.severity > Severity::Medium && !is_issued(&finding.rule) && places.iter().any(here) {
            finding.severity = Severity::Medium;
        }
    }
}

/// Credentials of one's own in compose files that start a developer's machine.
pub fn for_development(findings: &mut [Finding], resources: &[Resource]) {
    let files: BTreeSet<&str> = resources
        .iter()
        .filter(|resource| resource.kind == "service" && resource.facts.contains_key("development"))
        .map(|resource| resource.location.path.as_str())
        .collect();
    for finding in findings.iter_mut().filter(|finding| finding.rule.starts_with("secret/")) {
        let written = finding.severity > Severity::Medium && !is_issued(&finding.rule);
        if written && files.contains(finding.location.path.as_str()) {
            finding.severity = Severity::Medium;
        }
    }
}

/// Whether a rule speaks of a credential that a service has issued.
fn is_issued(rule: &str) -> bool {
    const WRITTEN: [&str; 3] =
        ["secret/hard-coded-credential", "secret/default-credential", "secret/django-secret-key"];
    // `mysql -u root -pchangeme`: a password of one's own machine as well as anybody's.
    let typed = rule.ends_with("-cli-password") || rule == "secret/curl-basic-auth";
    rule.starts_with("secret/") && !WRITTEN.contains(&rule) && !typed
}

/// Private keys are made by whoever needs one, for tests as well.
fn is_made_key(rule: &str) -> bool {
    const FORMS: [&str; 9] = ["rsa", "ec", "dsa", "openssh", "pkcs8", "encrypted", "putty", "ssh-com", "jwk"];
    let form = rule.strip_prefix("secret/").and_then(|rule| rule.strip_suffix("-private-key"));
    form.is_some_and(|form| FORMS.contains(&form)) || rule == "secret/tls-key-base64"
}

/// Whether a file fills a database with made-up data, or, of settings and credentials that nobody issued, whether its
/// name says that it is for a developer's machine or for tests. `.env.local` ends up on servers often enough.
fn is_for_developers(path: &str, rule: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let issued = is_issued(rule) && !is_made_key(rule);
    let settings = !issued && rule.starts_with("secret/")
        || rule.starts_with("policy/settings/")
        || rule.starts_with("policy/infrastructure/");
    if issued || name.starts_with(".env") || rule.starts_with("policy/supply-chain/") || rule.starts_with("dependency/")
    {
        return false;
    }
    let staged = settings
        && matches!(choose::stage(path, CodeContext::Production), CodeContext::Development | CodeContext::Test);
    // What a run of tests logs in to was started by it.
    let by_the_run = rule.starts_with("secret/") && path.contains(".github/workflows/");
    staged || by_the_run || fills_with_data(path)
}

/// `prisma/seed.ts`, `management/commands/fake.py`, `scripts/prepareTestDb.ts`, `packages/db/src/seed/constants.ts`.
fn fills_with_data(path: &str) -> bool {
    const WORDS: [&str; 16] = [
        "seed",
        "seeds",
        "seeder",
        "seeders",
        "seeding",
        "fake",
        "faker",
        "mock",
        "mocks",
        "fixture",
        "fixtures",
        "testdb",
        "dummy",
        "testbench",
        "populate",
        "placeholders",
    ];
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let told = |part: &str| {
        let words = words(part);
        words.iter().any(|word| WORDS.contains(&word.as_str()))
            || words.windows(2).any(|two| match two[0].as_str() {
                "test" => matches!(two[1].as_str(), "db" | "data" | "database"),
                "data" => matches!(two[1].as_str(), "generator" | "generators"),
                "dev" => matches!(two[1].as_str(), "server" | "env"),
                _ => false,
            })
    };
    // `scripts/dev-portal/server.js`
    let tools = folders.split('/').any(|part| matches!(part, "scripts" | "tools" | "hack"));
    if tools && folders.split('/').any(|part| words(part).iter().any(|word| word == "dev")) {
        return true;
    }
    matches!(stem, "develop" | "devserver") || told(stem) || folders.split('/').any(told)
}

/// The words of a name: `prepareTestDb`, `seed_basic_data`.
fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut low = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            low = false;
            found.push(String::new());
            continue;
        }
        if found.is_empty() || (letter.is_uppercase() && low) {
            found.push(String::new());
        }
        low = letter.is_lowercase();
        if let Some(word) = found.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// Several ways to one and the same place are one flaw there: the surest is told as high.
fn one_place(findings: &mut [Finding]) {
    let mut best: BTreeMap<(String, Location), usize> = BTreeMap::new();
    for at in 0..findings.len() {
        if findings[at].severity <= Severity::Medium || !findings[at].rule.starts_with("taint/") {
            continue;
        }
        let key = (findings[at].rule.clone(), findings[at].location.clone());
        let Some(other) = best.get(&key).copied() else {
            best.insert(key, at);
            continue;
        };
        let rank = |at: usize| (findings[at].confidence, std::cmp::Reverse(findings[at].trace.len()));
        let lower = if rank(at) > rank(other) { best.insert(key, at).unwrap_or(other) } else { at };
        findings[lower].severity = Severity::Medium;
    }
}

/// A value that one call hands on, and that several places use behind it: the surest of them is told as high, the others
/// are mended with it.
fn one_cause(findings: &mut [Finding]) {
    let mut groups: BTreeMap<(String, Location, Location), Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.severity > Severity::Medium) {
        let call = finding.trace.iter().find(|step| step.kind == StepKind::Call);
        // Without one, the variable that holds it: an address or a path is checked once, wherever it is used.
        let checked = ["-ssrf", "-path-traversal", "-open-redirect"].iter().any(|rule| finding.rule.ends_with(rule));
        let held = || match finding.trace.as_slice() {
            [_, .., last, _] if checked && last.kind == StepKind::Propagator => Some(last),
            _ => None,
        };
        if let (Some(first), Some(call)) = (finding.trace.first(), call.or_else(held)) {
            let key = (finding.rule.clone(), first.location.clone(), call.location.clone());
            groups.entry(key).or_default().push(at);
        }
    }
    for group in groups.values() {
        let rank = |at: &&usize| {
            let finding = &findings[**at];
            (finding.confidence, finding.severity, std::cmp::Reverse(finding.trace.len()), std::cmp::Reverse(**at))
        };
        let best = group.iter().max_by_key(rank).copied();
        for at in group.iter().filter(|at| Some(**at) != best) {
            findings[*at].severity = Severity::Medium;
        }
    }
}

/// From so many routes on that lack the same, a guard was not read or it is how the application is made, and what is misused
/// so often is a protocol or a decision: one finding tells it as high and names the others, which are told as well.
const MANY: usize = 5;

fn one_design(findings: &mut [Finding]) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let lacks = ["policy/endpoints/", "policy/infrastructure/", "misuse/"]
            .iter()
            .any(|kind| finding.rule.starts_with(kind));
        if lacks && finding.severity > Severity::Medium && finding.context == CodeContext::Production {
            groups.entry(finding.rule.clone()).or_default().push(at);
        }
    }
    for group in groups.into_values().filter(|group| group.len() >= MANY) {
        first_tells(findings, group);
    }
}

/// A folder with so many files that each hold a credential is one of clients of other services, whose keys their own apps
/// hold as well: one finding tells it as high and names the others.
const CLIENTS: usize = 10;

fn keys_of_others(findings: &mut [Finding]) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if finding.rule.starts_with("secret/") && finding.severity == Severity::High {
            let folder = finding.location.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            groups.entry(folder.to_owned()).or_default().push(at);
        }
    }
    for group in groups.into_values() {
        let files: BTreeSet<&str> = group.iter().map(|at| findings[*at].location.path.as_str()).collect();
        if files.len() >= CLIENTS {
            first_tells(findings, group);
        }
    }
}

/// Of a group the first by place stays as high as it is and names others, which become medium.
fn first_tells(findings: &mut [Finding], mut group: Vec<usize>) {
    group.sort_by(|a, b| (&findings[*a].location, a).cmp(&(&findings[*b].location, b)));
    let Some((first, others)) = group.split_first() else { return };
    let related: Vec<Related> = others.iter().take(30).map(|at| other_of(&findings[*at])).collect();
    for at in others {
        findings[*at].severity = Severity::Medium;
    }
    findings[*first].related.extend(related);
}

fn other_of(finding: &Finding) -> Related {
    Related { location: finding.location.clone(), message: format!("{}, too", finding.title), finding: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::TraceStep;

    fn place(path: &str, line: u32) -> Location {
        Location { path: path.to_owned(), line, column: 1, end_line: line, end_column: 1 }
    }

    fn high(rule: &str, path: &str) -> Finding {
        Finding::at(place(path, 3), rule, Severity::High).title("t").message("m").done("c")
    }

    fn tempered(mut findings: Vec<Finding>) -> Vec<Severity> {
        temper(&mut findings);
        findings.iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn what_is_for_developers_is_not_high() {
        for (rule, path) in [
            ("secret/hard-coded-credential", "app/settings/dev.py"),
            ("secret/hard-coded-credential", "settings/ci.py"),
            ("secret/hard-coded-credential", "tools/compose/development.yml"),
            ("secret/default-credential", "packages/database/src/seed/constants.ts"),
            ("policy/settings/default-credentials", "server/scripts/prepareTestDb.ts"),
            ("policy/settings/default-credentials", "core/management/commands/seed_basic_data.py"),
            ("taint/javascript-path-traversal", "packages/bundler/src/dev-server.ts"),
            ("secret/hard-coded-credential", "packages/dev-env/src/network.ts"),
            ("policy/settings/default-credentials", "core/management/populate.py"),
            ("taint/javascript-command-injection", "scripts/dev-portal/server.js"),
            ("misuse/python-insecure-random", "core/management/commands/fake.py"),
            ("policy/settings/default-credentials", "tools/data_generators/rbac_dummy_data_generator.py"),
            ("secret/tls-key-base64", ".github/workflows/main.yml"),
            ("secret/mysql-cli-password", ".github/workflows/testing.yml"),
        ] {
            assert_eq!(tempered(vec![high(rule, path)]), [Severity::Medium], "{path}");
        }
        for (rule, path) in [
            ("secret/hard-coded-credential", "app/settings/base.py"),
            ("secret/hard-coded-credential", ".env.local"),
            ("secret/stripe-secret-key", "app/settings/dev.py"),
            ("secret/stripe-secret-key", ".github/workflows/testing.yml"),
            ("secret/mysql-cli-password", "scripts/backup.sh"),
            ("taint/python-path-traversal", "storage/local.py"),
            ("taint/python-sql-injection", "app/debug.py"),
            ("taint/python-sql-injection", "app/seedlings.py"),
            ("policy/supply-chain/fetch-and-run", "ci/Dockerfile"),
        ] {
            assert_eq!(tempered(vec![high(rule, path)]), [Severity::High], "{path}");
        }
    }

    #[test]
    fn several_ways_to_one_place_are_one_flaw() {
        let sql = "taint/python-sql-injection";
        let two = vec![way(sql, 50, None, 3), way(sql, 50, Some(4), 1), way(sql, 51, None, 3)];
        assert_eq!(tempered(two), [Severity::Medium, Severity::High, Severity::High]);
    }

    fn way(rule: &str, sink: u32, call: Option<u32>, steps: u32) -> Finding {
        let step =
            |kind, line| TraceStep { location: place("a.py", line), kind, message: String::new(), code: String::new() };
        let mut trace = vec![step(StepKind::Source, 1)];
        trace.extend(call.map(|line| step(StepKind::Call, line)));
        trace.extend((0..steps).map(|at| step(StepKind::Propagator, 20 + at)));
        trace.push(step(StepKind::Sink, sink));
        let at = Finding::at(place("b.py", sink), rule, Severity::High).confidence(Confidence::High);
        at.title("t").message("m").trace(trace).done("c")
    }

    #[test]
    fn what_one_call_hands_on_is_one_cause() {
        let ssrf = "taint/python-ssrf";
        let same = vec![way(ssrf, 50, Some(4), 3), way(ssrf, 60, Some(4), 1), way(ssrf, 70, Some(4), 2)];
        assert_eq!(tempered(same), [Severity::Medium, Severity::High, Severity::Medium]);
        // Another call, another rule, and uses in the handler itself are causes of their own.
        let other = vec![way(ssrf, 50, Some(4), 1), way(ssrf, 60, Some(5), 1), way("taint/python-xss", 70, Some(4), 1)];
        assert_eq!(tempered(other), [Severity::High; 3]);
        assert_eq!(tempered(vec![way(ssrf, 50, None, 0), way(ssrf, 60, None, 0)]), [Severity::High; 2]);
        // One variable that is used twice is one cause as well.
        let twice = vec![way(ssrf, 50, None, 1), way(ssrf, 60, None, 1)];
        assert_eq!(tempered(twice), [Severity::High, Severity::Medium]);
        // Each statement of SQL is mended where it stands.
        let sql = "taint/python-sql-injection";
        assert_eq!(tempered(vec![way(sql, 50, None, 1), way(sql, 60, None, 1)]), [Severity::High; 2]);
    }

    #[test]
    fn what_many_routes_lack_is_one_cause() {
        let lacking = |count: u32| {
            let at = |line| Finding::at(place("a.py", line), "policy/endpoints/missing-authorization", Severity::High);
            (0..count).map(|line| at(9 - line).title("t").message("m").done("c")).collect::<Vec<_>>()
        };
        assert_eq!(tempered(lacking(4)), [Severity::High; 4]);
        let mut many = lacking(5);
        temper(&mut many);
        let told: Vec<(u32, Severity)> = many.iter().map(|finding| (finding.location.line, finding.severity)).collect();
        assert_eq!(told.last(), Some(&(5, Severity::High)));
        assert!(told[..4].iter().all(|(_, severity)| *severity == Severity::Medium));
        assert_eq!(many[4].related.len(), 4);
    }

    #[test]
    fn keys_of_many_clients_are_one_design() {
        let keys = |count: u32, rule: &str| {
            let file = |at| high(rule, &format!("app/extractor/site{at:02}.py"));
            tempered((0..count).map(file).collect())
        };
        assert_eq!(keys(9, "secret/google-api-key"), [Severity::High; 9]);
        let many = keys(12, "secret/hard-coded-credential");
        assert_eq!(many.iter().filter(|severity| **severity == Severity::High).count(), 1);
        // Several in one file are an application's own.
        assert_eq!(tempered(vec![high("secret/google-api-key", "app/settings/base.py"); 12]), [Severity::High; 12]);
    }

    #[test]
    fn what_is_not_sure_is_not_high() {
        let mut unsure = high("secret/json-web-token", "app/a.py");
        unsure.confidence = Confidence::Low;
        assert_eq!(tempered(vec![unsure]), [Severity::Medium]);
    }

    #[test]
    fn what_only_administrators_send_is_not_high() {
        let places = [Location { end_line: 9, ..place("a.py", 1) }];
        let told = |rule| {
            let mut findings = [way(rule, 50, None, 1)];
            by_administrators(&mut findings, &places);
            findings[0].severity
        };
        assert_eq!(told("taint/python-ssrf"), Severity::Medium);
        assert_eq!(told("taint/javascript-path-traversal"), Severity::Medium);
        assert_eq!(told("taint/python-command-injection"), Severity::High);
        let mut elsewhere = [way("taint/python-ssrf", 50, None, 1)];
        by_administrators(&mut elsewhere, &[place("a.py", 2), place("c.py", 1)]);
        assert_eq!(elsewhere[0].severity, Severity::High);
    }
}
