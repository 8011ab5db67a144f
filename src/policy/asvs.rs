//! OWASP's Application Security Verification Standard, as far as ids go: which requirements the versions
//! [4.0.3](https://github.com/OWASP/ASVS/tree/v4.0.3) and [5.0.0](https://github.com/OWASP/ASVS/tree/v5.0.0) have, and
//! what their chapters are called.
//!
//! An id is written as the standard asks for: `v5.0.0-6.2.1`.

/// A chapter: its name, and how many requirements each of its sections has.
type Chapter = (&'static str, &'static [u8]);

/// The standard's versions.
const VERSIONS: [(&str, &[Chapter]); 2] = [("v4.0.3", &OLD), ("v5.0.0", &NEW)];

const OLD: [Chapter; 14] = [
    ("Architecture, Design and Threat Modeling", &[7, 4, 0, 5, 4, 4, 2, 2, 2, 1, 3, 2, 0, 6]),
    ("Authentication", &[12, 7, 3, 5, 7, 3, 6, 7, 3, 4]),
    ("Session Management", &[1, 4, 4, 5, 3, 2, 1]),
    ("Access Control", &[5, 2, 3]),
    ("Validation, Sanitization and Encoding", &[5, 8, 10, 3, 4]),
    ("Stored Cryptography", &[3, 8, 3, 2]),
    ("Error Handling and Logging", &[4, 2, 4, 3]),
    ("Data Protection", &[6, 3, 8]),
    ("Communication", &[3, 5]),
    ("Malicious Code", &[1, 6, 3]),
    ("Business Logic", &[8]),
    ("Files and Resources", &[3, 1, 6, 2, 2, 1]),
    ("API and Web Service", &[5, 6, 2, 2]),
    ("Configuration", &[5, 6, 3, 7, 4]),
];

const NEW: [Chapter; 17] = [
    ("Encoding and Sanitization", &[2, 10, 12, 3, 3]),
    ("Validation and Business Logic", &[3, 3, 5, 2]),
    ("Web Frontend Security", &[1, 3, 5, 8, 8, 1, 5]),
    ("API and Web Service", &[5, 5, 2, 4]),
    ("File Handling", &[1, 6, 3, 3]),
    ("Authentication", &[3, 12, 8, 6, 8, 4, 2, 4]),
    ("Session Management", &[3, 4, 2, 5, 3, 2]),
    ("Authorization", &[4, 4, 3, 2]),
    ("Self-contained Tokens", &[3, 4]),
    ("OAuth and OIDC", &[2, 3, 5, 16, 5, 2, 3]),
    ("Cryptography", &[4, 5, 5, 4, 2, 2, 2]),
    ("Secure Communication", &[5, 2, 5]),
    ("Configuration", &[4, 6, 4, 7]),
    ("Data Protection", &[2, 8, 3]),
    ("Secure Coding and Architecture", &[5, 5, 7, 4]),
    ("Security Logging and Error Handling", &[1, 5, 4, 3, 4]),
    ("WebRTC", &[2, 8, 2]),
];

/// Requirements of 4.0.3 that it has taken back.
const DELETED: [&str; 8] = ["1.4.2", "1.4.3", "1.12.1", "4.1.4", "7.3.2", "13.1.2", "13.2.4", "14.3.1"];

/// Whether an id that names one of the versions is wrong.
#[must_use]
pub fn is_wrong(id: &str) -> bool {
    VERSIONS.iter().any(|(version, _)| id.starts_with(version)) && chapter(id).is_none()
}

/// Version, number and name of the chapter of a requirement that exists.
#[must_use]
pub fn chapter(id: &str) -> Option<(&'static str, usize, &'static str)> {
    let (version, rest) = id.split_once('-')?;
    let (version, chapters) = VERSIONS.iter().find(|(known, _)| *known == version)?;
    let numbers: Vec<usize> = rest.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let &[chapter, section, requirement] = numbers.as_slice() else { return None };
    let (name, sections) = chapters.get(chapter.checked_sub(1)?)?;
    let count = usize::from(*sections.get(section.checked_sub(1)?)?);
    let deleted = *version == "v4.0.3" && DELETED.contains(&rest);
    ((1..=count).contains(&requirement) && !deleted).then_some((version, chapter, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicySet;

    #[test]
    fn requirements_are_counted() {
        let count = |chapters: &[Chapter]| {
            chapters.iter().flat_map(|(_, sections)| *sections).map(|n| u32::from(*n)).sum::<u32>()
        };
        assert_eq!((count(&OLD), count(&NEW)), (286, 345));
        assert_eq!(chapter("v5.0.0-6.2.1"), Some(("v5.0.0", 6, "Authentication")));
        assert_eq!(chapter("v4.0.3-14.4.7").map(|found| found.2), Some("Configuration"));
        for wrong in ["v5.0.0-6.2.13", "v5.0.0-18.1.1", "v4.0.3-1.3.1", "v4.0.3-4.1.4", "v5.0.0-6.2", "v5.0.0-0.1.1"] {
            assert!(is_wrong(wrong), "{wrong}");
        }
        assert!(!is_wrong("V2.1.1"));
    }

    #[test]
    fn what_policies_name_exists() {
        let set = PolicySet::built_in().unwrap();
        for policy in set.policies() {
            for id in &policy.metadata.asvs {
                assert!(chapter(id).is_some(), "{}: {id}", policy.id);
            }
        }
        let named = set.policies().iter().filter(|policy| !policy.metadata.asvs.is_empty()).count();
        assert!(named >= 120, "{named}");
    }
}
