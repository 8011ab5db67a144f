//! OSV JSON (<https://ossf.github.io/osv-schema/>) to our records.
//!
//! Read with our own lenient walk over a JSON value rather than with the types of the `osv` crate: those refuse a whole
//! record for one unknown ecosystem, severity type or range type, while the public export gains such values all the
//! time, and most of a record (prose, references, credits) is of no use here. Unknown fields and values of the wrong
//! type are passed over; only a record without id or affected packages is refused.
//!
//! Left out: `GIT` ranges (no lockfile gives a commit of a registry package), `related`, `upstream`. Versions that a range
//! covers anyway are not listed again.

use serde_json::Value;

use super::cvss;
use super::matcher::is_affected;
use super::record::{Advisory, Affected, RecordError};
use crate::package::Ecosystem;
use crate::version::Event;

/// Largest record read; the largest real ones are below 2 MiB.
pub const LARGEST: u64 = 8 << 20;
/// Events times listed versions that are compared.
const MOST_COMPARISONS: usize = 200_000;

/// Reads one record; gives it once for each supported ecosystem that it is about, in the ecosystems' order. None is left
/// when it is only about others.
pub fn parse(text: &[u8]) -> Result<Vec<(Ecosystem, Advisory)>, RecordError> {
    if text.len() as u64 > LARGEST {
        return Err(RecordError::TooLarge(LARGEST));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    // serde_json refuses more than 128 levels of nesting.
    let record: Value = serde_json::from_slice(text).map_err(|error| RecordError::Syntax(error.to_string()))?;
    let id = string(&record, "id").ok_or(RecordError::Missing("id"))?;
    let affected = record.get("affected").and_then(Value::as_array);
    // A withdrawn record may have been emptied.
    let affected = match affected {
        Some(list) => list.as_slice(),
        None if record.get("withdrawn").is_some_and(|date| !date.is_null()) => &[],
        None => return Err(RecordError::Missing("affected")),
    };
    let mut records = Vec::new();
    for ecosystem in Ecosystem::ALL {
        let own: Vec<&Value> = affected.iter().filter(|entry| ecosystem_of(entry) == Some(ecosystem)).collect();
        if own.is_empty() {
            continue;
        }
        let mut advisory = Advisory {
            id: id.clone(),
            aliases: strings(record.get("aliases")),
            published: string(&record, "published"),
            modified: string(&record, "modified"),
            withdrawn: string(&record, "withdrawn"),
            affected: own.iter().map(|entry| package(entry)).collect(),
            ..Advisory::default()
        };
        severity(&mut advisory, &record, &own);
        let mut advisory = advisory.sanitise(ecosystem)?;
        advisory.affected.iter_mut().for_each(|affected| drop_covered(ecosystem, affected));
        records.push((ecosystem, advisory));
    }
    Ok(records)
}

fn ecosystem_of(entry: &Value) -> Option<Ecosystem> {
    Ecosystem::parse(entry.get("package")?.get("ecosystem")?.as_str()?)
}

/// Leaves out the listed versions that a range holds anyway: most databases say both, and the lists are long.
fn drop_covered(ecosystem: Ecosystem, affected: &mut Affected) {
    let events: usize = affected.ranges.iter().map(Vec::len).sum();
    // Beyond any real record: the list is kept rather than compared at length.
    if events.saturating_mul(affected.versions.len()) <= MOST_COMPARISONS {
        let versions = std::mem::take(&mut affected.versions);
        let left = versions.into_iter().filter(|version| !is_affected(ecosystem, affected, version)).collect();
        affected.versions = left;
    }
}

/// Vectors, scores, words and weakness classes, wherever the databases put them.
fn severity(advisory: &mut Advisory, record: &Value, affected: &[&Value]) {
    let holders = || std::iter::once(record).chain(affected.iter().copied());
    for holder in holders() {
        for entry in array(holder.get("severity")) {
            advisory.cvss.extend(string(entry, "score"));
        }
    }
    let specifics = || {
        holders().flat_map(|holder| ["database_specific", "ecosystem_specific"].map(|key| holder.get(key))).flatten()
    };
    for specific in specifics() {
        advisory.cvss.extend(string(specific, "cvss"));
        if advisory.severity.is_none() {
            advisory.severity = string(specific, "severity").and_then(|text| cvss::word(&text));
        }
        if advisory.score.is_none() {
            advisory.score = ["cvss_v3", "cvss_v4", "cvss_v2"].into_iter().find_map(|key| tenfold(specific.get(key)));
        }
        let named = array(specific.get("cwes")).filter_map(|class| class.get("cweId"));
        let numbers = array(specific.get("cwe_ids")).chain(named).filter_map(Value::as_str);
        advisory.cwe.extend(numbers.filter_map(|text| text.strip_prefix("CWE-")?.parse::<u32>().ok()));
    }
}

fn tenfold(value: Option<&Value>) -> Option<u32> {
    let tenfold = (value?.as_f64()? * 10.0).round();
    // The range check makes the conversion exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=100.0).contains(&tenfold).then_some(tenfold as u32)
}

fn package(entry: &Value) -> Affected {
    let name = entry.get("package").and_then(|package| string(package, "name")).unwrap_or_default();
    let ranges = array(entry.get("ranges"))
        .filter(|range| matches!(range.get("type").and_then(Value::as_str), Some("SEMVER" | "ECOSYSTEM")))
        .map(|range| array(range.get("events")).flat_map(events).collect())
        .collect();
    let database = entry.get("database_specific");
    Affected {
        package: name,
        informational: database.and_then(|specific| string(specific, "informational")),
        functions: functions(entry),
        platforms: platforms(entry),
        ranges,
        versions: strings(entry.get("versions")),
    }
}

/// The events of one object. The schema wants one each; older records put `introduced` and `fixed` together.
fn events(object: &Value) -> Vec<Event> {
    let events = [
        string(object, "introduced").map(Event::Introduced),
        string(object, "fixed").map(Event::Fixed),
        string(object, "last_affected").map(Event::LastAffected),
        // A limit of `*` is the absence of one.
        string(object, "limit").filter(|limit| limit != "*").map(Event::Limit),
    ];
    events.into_iter().flatten().collect()
}

/// `RustSec` lists `affects.functions`; the Go database `imports[]` with a package path and symbols.
fn functions(entry: &Value) -> Vec<String> {
    let Some(specific) = entry.get("ecosystem_specific") else { return Vec::new() };
    let mut functions = strings(specific.get("affects").and_then(|affects| affects.get("functions")));
    functions.extend(strings(specific.get("affected_functions")));
    for import in array(specific.get("imports")) {
        let path = string(import, "path").unwrap_or_default();
        functions.extend(strings(import.get("symbols")).into_iter().map(|symbol| format!("{path}.{symbol}")));
    }
    functions
}

fn platforms(entry: &Value) -> Vec<String> {
    let Some(specific) = entry.get("ecosystem_specific") else { return Vec::new() };
    let affects = specific.get("affects");
    let mut platforms = strings(affects.and_then(|affects| affects.get("os")));
    platforms.extend(strings(affects.and_then(|affects| affects.get("arch"))));
    platforms.extend(string(specific, "platform"));
    // The Go database limits single imports; only when it limits each of them is the package limited.
    let imports: Vec<&Value> = array(specific.get("imports")).collect();
    for key in ["goos", "goarch"] {
        if !imports.is_empty() && imports.iter().all(|import| array(import.get(key)).next().is_some()) {
            platforms.extend(imports.iter().flat_map(|import| strings(import.get(key))));
        }
    }
    platforms
}

fn array(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

fn string(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn strings(value: Option<&Value>) -> Vec<String> {
    array(value).filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{
        "id": "DEMO-2024-1", "modified": "2024-05-01T00:00:00Z", "aliases": ["CVE-0000-0001", 7],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {"type": "Ubuntu", "score": "low"}],
        "database_specific": {"severity": "MODERATE", "cwe_ids": ["CWE-79", "CWE-x"]},
        "affected": [
            {"package": {"ecosystem": "npm", "name": "demo"},
             "ranges": [{"type": "SEMVER", "events": [{"introduced": "0", "fixed": "1.2.0"}, {"limit": "*"}]},
                        {"type": "GIT", "events": [{"introduced": "0"}]}]},
            {"package": {"ecosystem": "PyPI", "name": "De_Mo"}, "versions": ["1.0", "1.1"],
             "ecosystem_specific": {"imports": [{"path": "a/b", "symbols": ["F"], "goos": ["windows"]}]}},
            {"package": {"ecosystem": "Bitnami", "name": "g:a"}},
            {"ranges": []}, 3
        ]}"#;

    #[test]
    fn reads_every_supported_ecosystem() {
        let records = parse(RECORD.as_bytes()).unwrap();
        let [(Ecosystem::Npm, npm), (Ecosystem::PyPI, python)] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!(npm.aliases, ["CVE-0000-0001"]);
        assert_eq!(npm.cvss.len(), 1);
        assert_eq!(npm.cwe, [79]);
        assert_eq!(npm.severity, Some(crate::base::Severity::Medium));
        let range = vec![Event::Introduced("0".to_owned()), Event::Fixed("1.2.0".to_owned())];
        assert_eq!(npm.affected[0].ranges, [range]);
        assert_eq!(python.affected[0].package, "de-mo");
        assert_eq!(python.affected[0].functions, ["a/b.F"]);
        assert_eq!(python.affected[0].platforms, ["windows"]);
    }

    #[test]
    fn refuses_what_is_no_record() {
        assert_eq!(parse(b"{}"), Err(RecordError::Missing("id")));
        assert_eq!(parse(br#"{"id":"X-1"}"#), Err(RecordError::Missing("affected")));
        assert_eq!(parse(br#"{"id":"X-1","withdrawn":"2024-01-01T00:00:00Z"}"#), Ok(Vec::new()));
        assert!(matches!(parse(b"[1,2"), Err(RecordError::Syntax(_))));
        let deep = "[".repeat(200_000);
        assert!(matches!(parse(deep.as_bytes()), Err(RecordError::Syntax(_))));
        let many = format!(
            r#"{{"id":"X-1","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"versions":[{}"1"]}}]}}"#,
            r#""1","#.repeat(60_000)
        );
        assert_eq!(parse(many.as_bytes()), Err(RecordError::TooMany { what: "versions", limit: 50_000 }));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(cut in 0..RECORD.len(), at in 0..RECORD.len(), byte: u8) {
            let mut bytes = RECORD.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = parse(&bytes);
            let _ = parse(&bytes[..cut]);
        }

        #[test]
        fn never_panics_on_odd_values(text in r"[\PC]{0,40}", number: f64) {
            let value = serde_json::json!({
                "id": text, "aliases": text, "modified": text, "withdrawn": [text], "severity": [{"score": text}],
                "database_specific": {"cvss_v3": number, "cwe_ids": [text, number], "severity": text},
                "affected": [{"package": {"ecosystem": "npm", "name": text}, "versions": [text, number],
                    "ranges": [{"type": "SEMVER", "events": [{"introduced": text, "fixed": text}, text]}]}],
            });
            let _ = parse(value.to_string().as_bytes());
        }
    }
}
