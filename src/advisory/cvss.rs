//! Severity and score from CVSS vectors (versions 2, 3.x and 4) and from the words that databases use.
//!
//! Scores come from the `cvss` crate and are kept as integers, ten times the score: 75 is 7.5. Bands are those of the
//! CVSS 3 and 4 specifications (<https://www.first.org/cvss/v3.1/specification-document>), used for version 2 as well
//! because the document has one scale. A vector that does not parse counts as absent.

use crate::base::Severity;

/// Longest vector looked at; a full version 4 vector has less than 200 characters.
const LONGEST: usize = 300;

/// Ten times the score of a vector; `None` if it does not parse.
#[must_use]
pub fn score(vector: &str) -> Option<u32> {
    if vector.len() > LONGEST || !vector.is_ascii() {
        return None;
    }
    let parsed: cvss::Cvss = vector.parse().ok()?;
    let tenfold = (parsed.score() * 10.0).round();
    // The range check makes the conversion exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=100.0).contains(&tenfold).then_some(tenfold as u32)
}

/// The band of a score (ten times the CVSS score).
#[must_use]
pub fn band(score: u32) -> Severity {
    match score {
        0 => Severity::Info,
        1..40 => Severity::Low,
        40..70 => Severity::Medium,
        70..90 => Severity::High,
        _ => Severity::Critical,
    }
}

/// The severity that a database names in words: GitHub says `MODERATE`, others `medium`.
#[must_use]
pub fn word(text: &str) -> Option<Severity> {
    match text.trim().to_ascii_lowercase().as_str() {
        "critical" => Some(Severity::Critical),
        "high" | "important" => Some(Severity::High),
        "medium" | "moderate" => Some(Severity::Medium),
        "low" | "minor" => Some(Severity::Low),
        "none" | "info" | "informational" => Some(Severity::Info),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_every_version() {
        let cases = [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98),
            ("CVSS:3.0/AV:N/AC:H/PR:L/UI:R/S:U/C:H/I:H/A:H", 71),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 93),
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 75),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0),
        ];
        for (vector, expected) in cases {
            assert_eq!(score(vector), Some(expected), "{vector}");
        }
    }

    #[test]
    fn nonsense_has_no_score() {
        for vector in ["", "CVSS:3.1", "CVSS:3.1/AV:X", "CVSS:9.9/AV:N", "7.5", "CVSS:3.1/äöü", &"A:N/".repeat(500)]
        {
            assert_eq!(score(vector), None, "{vector}");
        }
    }

    #[test]
    fn bands_and_words() {
        assert_eq!(
            [0, 39, 40, 69, 70, 89, 90].map(band).map(Severity::name),
            ["info", "low", "medium", "medium", "high", "high", "critical"]
        );
        assert_eq!(word("MODERATE"), Some(Severity::Medium));
        assert_eq!(word("UNKNOWN"), None);
    }
}
