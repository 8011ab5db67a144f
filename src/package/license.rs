//! Licences as package metadata states them: SPDX expressions (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>),
//! parsed by the crate `spdx`, and the free text that older metadata holds.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, ParseMode};

use crate::base::Location;

/// Longer texts are no expression but the licence itself.
const LONGEST: usize = 1_000;
/// Longer names are cut.
const LONGEST_NAME: usize = 120;
/// Ways to satisfy one expression that are listed.
const MOST_CHOICES: usize = 64;

/// What a package may be used under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct License {
    /// The SPDX expression in its canonical form; the text as written where it is none.
    pub expression: String,
    /// Whether it is an SPDX expression.
    pub spdx: bool,
    /// Every way to satisfy the expression: one of these lists, all of its licences. Empty where the text is no
    /// expression, or has too many ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Vec<String>>,
    /// Where it is stated, if not at the package's own entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

impl License {
    /// The licence that a text states; `None` for a text that says nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let says_nothing = ["", "unknown", "none", "noassertion", "null", "-"];
        if says_nothing.contains(&text.to_ascii_lowercase().as_str()) {
            return None;
        }
        let parsed = (text.len() <= LONGEST).then(|| parsed(text)).flatten();
        Some(match parsed {
            Some((expression, choices)) => Self { expression, spdx: true, choices, location: None },
            None => Self { expression: name(text), spdx: false, choices: Vec::new(), location: None },
        })
    }

    /// One of several licences, as old manifests list them.
    #[must_use]
    pub fn any_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        Self::joined(texts, " OR ")
    }

    /// All of several licences.
    #[must_use]
    pub fn all_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<Self> {
        Self::joined(texts, " AND ")
    }

    fn joined<'t>(texts: impl IntoIterator<Item = &'t str>, with: &str) -> Option<Self> {
        let parts: Vec<Self> = texts.into_iter().take(MOST_CHOICES).filter_map(Self::parse).collect();
        if parts.len() <= 1 {
            return parts.into_iter().next();
        }
        let bracketed = |part: &Self| {
            if part.spdx && part.expression.contains(' ') {
                format!("({})", part.expression)
            } else {
                part.expression.clone()
            }
        };
        Self::parse(&parts.iter().map(bracketed).collect::<Vec<_>>().join(with))
    }

    /// What a trove classifier of Python's metadata states.
    #[must_use]
    pub fn of_classifier(classifier: &str) -> Option<Self> {
        let name = classifier.trim().strip_prefix("License ::")?.rsplit("::").next()?.trim();
        if name == "OSI Approved" {
            return None;
        }
        let known = CLASSIFIERS.iter().find(|(classifier, _)| *classifier == name).map_or(name, |(_, id)| id);
        Self::parse(known)
    }
}

/// Classifiers that name one licence (PyPI's list of classifiers). `BSD License` and the like name a family.
const CLASSIFIERS: [(&str, &str); 20] = [
    ("Academic Free License (AFL)", "AFL-3.0"),
    ("Apache Software License", "Apache-2.0"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
    ("Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"),
    ("GNU Affero General Public License v3", "AGPL-3.0-only"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
    ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"),
    ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("zlib/libpng License", "Zlib"),
];

/// The first line of a text, cut.
fn name(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    line.chars().take(LONGEST_NAME).map(plain).collect()
}

fn parsed(text: &str) -> Option<(String, Vec<Vec<String>>)> {
    let expression = Expression::parse_mode(text, ParseMode::LAX).ok().or_else(|| {
        // Identifiers are compared without case.
        let id = spdx::identifiers::LICENSES.iter().find(|license| license.name.eq_ignore_ascii_case(text))?;
        Expression::parse_mode(id.name, ParseMode::LAX).ok()
    })?;
    let mut written: Vec<(String, Option<Operator>)> = Vec::new();
    let mut ways: Vec<Option<BTreeSet<BTreeSet<String>>>> = Vec::new();
    for node in expression.iter() {
        match node {
            ExprNode::Req(req) => {
                let term = term(&req.req.to_string());
                ways.push(Some(BTreeSet::from([BTreeSet::from([term.clone()])])));
                written.push((term, None));
            }
            ExprNode::Op(operator) => {
                let (right, left) = (written.pop()?, written.pop()?);
                let (right_ways, left_ways) = (ways.pop()?, ways.pop()?);
                let word = if *operator == Operator::And { "AND" } else { "OR" };
                let side = |(text, inner): (String, Option<Operator>)| match inner {
                    Some(inner) if inner != *operator => format!("({text})"),
                    _ => text,
                };
                written.push((format!("{} {word} {}", side(left), side(right)), Some(*operator)));
                ways.push(left_ways.zip(right_ways).and_then(|(left, right)| combined(*operator, left, right)));
            }
        }
    }
    let choices = ways.pop()?.unwrap_or_default();
    Some((written.pop()?.0, choices.into_iter().map(|way| way.into_iter().collect()).collect()))
}

/// `None` where there are too many.
fn combined(
    operator: Operator,
    left: BTreeSet<BTreeSet<String>>,
    right: BTreeSet<BTreeSet<String>>,
) -> Option<BTreeSet<BTreeSet<String>>> {
    if operator == Operator::Or {
        return Some(left.into_iter().chain(right).collect::<BTreeSet<_>>()).filter(|all| all.len() <= MOST_CHOICES);
    }
    if left.len() * right.len() > MOST_CHOICES {
        return None;
    }
    Some(left.iter().flat_map(|one| right.iter().map(|two| one.union(two).cloned().collect())).collect())
}

/// The identifier that took the place of a retired one: `GPL-2.0` → `GPL-2.0-only`.
fn term(text: &str) -> String {
    let (id, with) = text.split_once(" WITH ").map_or((text, None), |(id, with)| (id, Some(with)));
    let gnu = ["GPL-", "LGPL-", "AGPL-"].iter().any(|start| id.starts_with(start));
    let id = match id.strip_suffix('+') {
        _ if !gnu || id.ends_with("-only") || id.ends_with("-or-later") => id.to_owned(),
        Some(base) => format!("{base}-or-later"),
        None if id[id.find('-').map_or(0, |at| at + 1)..].bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            format!("{id}-only")
        }
        None => id.to_owned(),
    };
    match with {
        Some(with) => format!("{id} WITH {with}"),
        None => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, bool, usize) {
        let license = License::parse(text).unwrap();
        (license.expression, license.spdx, license.choices.len())
    }

    #[test]
    fn expressions_are_canonical() {
        for (text, wanted, choices) in [
            ("MIT", "MIT", 1),
            ("mit", "MIT", 1),
            ("(MIT OR Apache-2.0)", "MIT OR Apache-2.0", 2),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0", 2),
            ("GPL-2.0", "GPL-2.0-only", 1),
            ("GPL-2.0+", "GPL-2.0-or-later", 1),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", 1),
            ("(MIT OR Apache-2.0) AND Unicode-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0", 2),
            ("MIT AND (BSD-2-Clause AND ISC)", "MIT AND BSD-2-Clause AND ISC", 1),
            ("LicenseRef-own", "LicenseRef-own", 1),
        ] {
            assert_eq!(read(text), (wanted.to_owned(), true, choices), "{text}");
        }
    }

    #[test]
    fn free_text_is_kept_as_a_name() {
        assert_eq!(read("SEE LICENSE IN LICENSE.txt"), ("SEE LICENSE IN LICENSE.txt".to_owned(), false, 0));
        assert!(!read("UNLICENSED").1);
        assert_eq!(read(&format!("Copyright\nall of it {}", "x".repeat(5_000))).0, "Copyright");
        assert!(License::parse(" UNKNOWN ").is_none() && License::parse("").is_none());
        assert_eq!(License::any_of(["MIT", "GPL-3.0"]).unwrap().expression, "MIT OR GPL-3.0-only");
        assert_eq!(License::all_of(["MIT OR ISC", "Zlib"]).unwrap().expression, "(MIT OR ISC) AND Zlib");
        assert_eq!(License::of_classifier("License :: OSI Approved :: MIT License").unwrap().expression, "MIT");
        assert!(License::of_classifier("License :: OSI Approved").is_none());
        assert!(!License::of_classifier("License :: OSI Approved :: BSD License").unwrap().spdx);
    }

    #[test]
    fn many_choices_end_in_none() {
        let pairs: Vec<String> = (0..20).map(|_| "(MIT OR ISC)".to_owned()).collect();
        assert_eq!(read(&pairs.join(" AND ")).2, 3, "the same pair again and again");
        let ids = ["MIT", "ISC", "Zlib", "0BSD", "BSL-1.0", "MPL-2.0", "X11", "AFL-3.0"];
        let pairs: Vec<String> = ids.iter().map(|id| format!("({id} OR Apache-2.0)")).collect();
        let license = License::parse(&pairs.join(" AND ")).unwrap();
        assert!(license.spdx && license.choices.is_empty(), "{}", license.choices.len());
        for text in ["(", "MIT OR", "((((((MIT", ")", "MIT WITH", "OR OR", &"(".repeat(900)] {
            assert!(!License::parse(text).unwrap().spdx, "{text}");
        }
    }
}
