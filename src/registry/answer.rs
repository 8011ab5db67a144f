//! Answers of registries, each reduced to its releases. What is not there is left open, never guessed.

use jiff::civil::Date;
use serde_json::Value;

use crate::advisory::record::day;

/// A longer text about a deprecation is cut.
const LONGEST: usize = 200;

/// What a registry says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// There is no such package.
    Unknown,
    /// Its releases.
    Known(Vec<Release>),
}

/// One release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: String,
    /// The day of publication, where it is told.
    pub published: Option<Date>,
    /// Why it should not be used any more.
    pub deprecated: Option<String>,
    /// Whether its publisher has withdrawn it.
    pub yanked: bool,
}

fn date(value: Option<&Value>) -> Option<Date> {
    day(value?.as_str()?)?.parse().ok()
}

fn clean(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.trim().is_empty() { "its publisher says so".to_owned() } else { text.trim().to_owned() }
}

/// deps.dev's `GetPackage`.
pub(super) fn deps_dev(body: &[u8]) -> Option<Answered> {
    let root: Value = serde_json::from_slice(body).ok()?;
    let release = |entry: &Value| {
        let flag = |key: &str| entry.get(key).and_then(Value::as_bool) == Some(true);
        let reason = || clean(entry.get("deprecatedReason").and_then(Value::as_str).unwrap_or(""));
        Some(Release {
            version: entry.get("versionKey")?.get("version")?.as_str()?.to_owned(),
            published: date(entry.get("publishedAt")),
            deprecated: flag("isDeprecated").then(reason),
            yanked: false,
        })
    };
    Some(Answered::Known(root.get("versions")?.as_array()?.iter().filter_map(release).collect()))
}

/// A document of npm's registry.
pub(super) fn npm(body: &[u8]) -> Option<Answered> {
    let root: Value = serde_json::from_slice(body).ok()?;
    let times = root.get("time");
    let release = |(version, entry): (&String, &Value)| Release {
        version: version.clone(),
        published: date(times.and_then(|times| times.get(version))),
        deprecated: match entry.get("deprecated") {
            Some(Value::String(reason)) if !reason.is_empty() => Some(clean(reason)),
            Some(Value::Bool(true)) => Some(clean("")),
            _ => None,
        },
        yanked: false,
    };
    Some(Answered::Known(root.get("versions")?.as_object()?.iter().map(release).collect()))
}

/// A file of a Cargo index: one JSON object a line.
pub(super) fn cargo(body: &[u8]) -> Option<Answered> {
    let text = std::str::from_utf8(body).ok()?;
    let release = |line: &str| {
        let entry: Value = serde_json::from_str(line).ok()?;
        Some(Release {
            version: entry.get("vers")?.as_str()?.to_owned(),
            published: date(entry.get("pubtime")),
            deprecated: None,
            yanked: entry.get("yanked").and_then(Value::as_bool) == Some(true),
        })
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(release).collect::<Option<Vec<_>>>().map(Answered::Known)
}

/// A project's page of a simple index in JSON (PEP 691, PEP 700).
pub(super) fn pip(body: &[u8]) -> Option<Answered> {
    let root: Value = serde_json::from_slice(body).ok()?;
    let files = root.get("files")?.as_array()?;
    let listed = root.get("versions").and_then(Value::as_array);
    let versions: Vec<String> = listed.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    let release = |version: &String| {
        let own: Vec<&Value> = files.iter().filter(|file| is_of(file, version)).collect();
        let yanked = |file: &&Value| !matches!(file.get("yanked"), None | Some(Value::Bool(false)));
        Release {
            version: version.clone(),
            published: own.iter().filter_map(|file| date(file.get("upload-time"))).min(),
            deprecated: None,
            yanked: !own.is_empty() && own.iter().all(yanked),
        }
    };
    // Without the list of versions nothing can be said of one that is missing.
    (!versions.is_empty()).then(|| Answered::Known(versions.iter().map(release).collect()))
}

/// Whether a file belongs to a version, by its name.
fn is_of(file: &Value, version: &str) -> bool {
    let name = file.get("filename").and_then(Value::as_str).unwrap_or("");
    let stem = [".tar.gz", ".zip", ".tar.bz2"].iter().find_map(|end| name.strip_suffix(end));
    match (stem, name.strip_suffix(".whl")) {
        (Some(stem), _) => stem.rsplit_once('-').is_some_and(|(_, own)| own == version),
        (None, Some(wheel)) => wheel.split('-').nth(1) == Some(version),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(answered: Option<Answered>) -> Vec<(String, Option<String>, Option<String>, bool)> {
        let Some(Answered::Known(list)) = answered else { panic!("{answered:?}") };
        list.into_iter().map(|r| (r.version, r.published.map(|d| d.to_string()), r.deprecated, r.yanked)).collect()
    }

    #[test]
    fn answers_of_four_kinds() {
        let one = |version: &str, date: Option<&str>, deprecated: Option<&str>, yanked| {
            (version.to_owned(), date.map(str::to_owned), deprecated.map(str::to_owned), yanked)
        };
        let body = br#"{"versions": [{"versionKey": {"version": "1.0.0"}, "publishedAt": "2026-11-20T10:00:00Z"},
            {"versionKey": {"version": "0.9.0"}, "isDeprecated": true, "deprecatedReason": "use\u001b other"}]}"#;
        let wanted = [one("1.0.0", Some("2026-11-20"), None, false), one("0.9.0", None, Some("use  other"), false)];
        assert_eq!(known(deps_dev(body)), wanted);
        let body = br#"{"time": {"1.0.0": "2020-01-02T00:00:00Z"}, "versions": {"1.0.0": {"deprecated": "gone"}, "2.0.0": {}}}"#;
        let wanted = [one("1.0.0", Some("2020-01-02"), Some("gone"), false), one("2.0.0", None, None, false)];
        assert_eq!(known(npm(body)), wanted);
        let body = b"{\"vers\": \"1.0.0\", \"yanked\": true}\n{\"vers\": \"1.0.1\", \"yanked\": false}\n";
        assert_eq!(known(cargo(body)), [one("1.0.0", None, None, true), one("1.0.1", None, None, false)]);
        let body = br#"{"versions": ["1.0", "1.1"], "files": [
            {"filename": "x-1.0-py3-none-any.whl", "yanked": "broken", "upload-time": "2024-01-02T00:00:00Z"},
            {"filename": "x-1.1.tar.gz", "yanked": false}]}"#;
        assert_eq!(known(pip(body)), [one("1.0", Some("2024-01-02"), None, true), one("1.1", None, None, false)]);
        for read in [deps_dev, npm, cargo, pip] {
            assert_eq!(read(b"<html>"), None);
        }
    }
}
