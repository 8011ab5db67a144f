//! The audit trail: every exception of a run, what it silenced, who answers for it and until when, and which are not in
//! force. One wording for all formats.

use super::summary::many;
use crate::base::{SuppressionKind, VexStatus};
use crate::document::{Document, Waiver};

/// Days before its end from which a waiver is said to end soon.
const SOON: i64 = 14;
/// Heads of the columns of [`rows`].
pub const COLUMNS: [&str; 6] = ["state", "what", "where", "findings", "until", "reason"];

/// One row an exception: those not in force first, then those that end soon.
#[must_use]
pub fn rows(document: &Document) -> Vec<Vec<String>> {
    let mut waivers: Vec<&Waiver> = document.waivers.iter().collect();
    waivers.sort_by_key(|waiver| (rank(waiver), waiver.days_left, &waiver.location));
    waivers
        .into_iter()
        .map(|waiver| {
            let reason = match (waiver.refused.first(), waiver.owner.as_str()) {
                (Some(refusal), _) => refusal.clone(),
                (None, "") => waiver.reason.clone(),
                (None, owner) => format!("{} ({owner})", waiver.reason),
            };
            let until = waiver.expires.clone().unwrap_or_default();
            vec![state(waiver).to_owned(), waiver.names(), place(waiver), waiver.used.to_string(), until, reason]
        })
        .collect()
}

/// The same in one line each, for plain text.
#[must_use]
pub fn lines(document: &Document) -> Vec<String> {
    let row = |row: Vec<String>| {
        let [state, what, place, used, until, reason] = <[String; 6]>::try_from(row).unwrap_or_default();
        let used = many(used.parse().unwrap_or(0), "finding");
        let until = if until.is_empty() { String::new() } else { format!(", until {until}") };
        format!("{state}: {what} in {place}, {used}{until}: {reason}")
    };
    rows(document).into_iter().map(row).collect()
}

fn rank(waiver: &Waiver) -> u8 {
    match state(waiver) {
        "not in force" => 0,
        "ends soon" => 1,
        "unused" => 2,
        _ => 3,
    }
}

fn state(waiver: &Waiver) -> &'static str {
    if !waiver.refused.is_empty() {
        "not in force"
    } else if waiver.kind == SuppressionKind::Vex && !waiver.status.is_some_and(VexStatus::clears) {
        "noted"
    } else if waiver.used == 0 {
        "unused"
    } else if waiver.days_left.is_some_and(|days| days <= SOON) {
        "ends soon"
    } else {
        "in force"
    }
}

fn place(waiver: &Waiver) -> String {
    match waiver.kind {
        SuppressionKind::InSource => waiver.location.to_string(),
        SuppressionKind::Baseline => waiver.location.path.clone(),
        SuppressionKind::Waiver | SuppressionKind::Vex => {
            let scopes = [&waiver.path, &waiver.package, &waiver.fingerprint];
            let scopes: Vec<&str> = scopes.into_iter().flatten().map(String::as_str).collect();
            if scopes.is_empty() { "the project".to_owned() } else { scopes.join(" ") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Location;

    fn waiver(days_left: i64, used: u64, refused: &[&str]) -> Waiver {
        Waiver {
            rules: vec!["taint/python-xss".to_owned()],
            path: Some("a.py".to_owned()),
            reason: "known".to_owned(),
            owner: "web".to_owned(),
            expires: Some("2026-12-31".to_owned()),
            days_left: Some(days_left),
            location: Location::line("stageclear.waivers.toml", 1),
            used,
            refused: refused.iter().map(|&text| text.to_owned()).collect(),
            ..Waiver::empty()
        }
    }

    #[test]
    fn what_is_not_in_force_comes_first() {
        let waivers = vec![waiver(90, 1, &[]), waiver(90, 0, &[]), waiver(14, 1, &[]), waiver(-1, 0, &["it expired"])];
        let document = Document { waivers, ..Document::default() };
        let lines = lines(&document);
        assert_eq!(lines[0], "not in force: taint/python-xss in a.py, 0 findings, until 2026-12-31: it expired");
        assert_eq!(lines[3], "in force: taint/python-xss in a.py, 1 finding, until 2026-12-31: known (web)");
        assert!(lines[1].starts_with("ends soon") && lines[2].starts_with("unused"));
    }
}
