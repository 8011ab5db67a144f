//! PEP 440 version specifiers (`>=1.2, !=1.3.*`,
//! <https://packaging.python.org/en/latest/specifications/version-specifiers/#version-specifiers>).
//!
//! Pre-releases match: the question asked here is whether a version that *is* installed satisfies a requirement, not
//! which one an installer would choose.

use super::pep440::Version;

/// A comma-separated set of clauses; all must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Specifiers {
    clauses: Vec<Clause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clause {
    operator: Operator,
    /// The version as written, without `.*`.
    version: String,
    wildcard: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Compatible,
    Equal,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Less,
    Greater,
    Arbitrary,
}

const OPERATORS: [(&str, Operator); 8] = [
    ("===", Operator::Arbitrary),
    ("~=", Operator::Compatible),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessEqual),
    (">=", Operator::GreaterEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Specifiers {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let clauses = text.split(',').map(str::trim).filter(|clause| !clause.is_empty()).map(Clause::parse);
        clauses.collect::<Option<_>>().map(|clauses| Self { clauses })
    }

    pub(super) fn matches(&self, version: &str) -> bool {
        self.clauses.iter().all(|clause| clause.matches(version))
    }

    /// The one version that a clause pins.
    pub(super) fn exact(&self) -> Option<String> {
        let pin =
            |clause: &&Clause| matches!(clause.operator, Operator::Equal | Operator::Arbitrary) && !clause.wildcard;
        self.clauses.iter().find(pin).map(|clause| clause.version.clone())
    }
}

impl Clause {
    fn parse(text: &str) -> Option<Self> {
        let (operator, rest) =
            OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?.trim())))?;
        if operator == Operator::Arbitrary {
            let word = !rest.is_empty() && !rest.contains(char::is_whitespace);
            return word.then(|| Self { operator, version: rest.to_owned(), wildcard: false });
        }
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let (version, wildcard) = rest.strip_suffix(".*").map_or((rest, false), |version| (version, true));
        let parsed = Version::parse(version)?;
        let plain = !wildcard || (equality && parsed.is_plain_release());
        let local = !parsed.is_local() || (equality && !wildcard);
        let long_enough = operator != Operator::Compatible || parsed.written() >= 2;
        (plain && local && long_enough).then(|| Self { operator, version: version.to_owned(), wildcard })
    }

    fn matches(&self, text: &str) -> bool {
        if self.operator == Operator::Arbitrary {
            return self.version.eq_ignore_ascii_case(text.trim());
        }
        let (Some(version), Some(wanted)) = (Version::parse(text), Version::parse(&self.version)) else { return false };
        match self.operator {
            Operator::Equal => self.equal(version, &wanted),
            Operator::NotEqual => !self.equal(version, &wanted),
            Operator::LessEqual => version.public() <= wanted,
            Operator::GreaterEqual => version.public() >= wanted,
            Operator::Compatible => version.starts_with(&wanted, wanted.written() - 1) && version.public() >= wanted,
            Operator::Less => {
                let pre_of_it = !wanted.is_prerelease() && version.is_prerelease() && version.same_base(&wanted);
                version < wanted && !pre_of_it
            }
            Operator::Greater => {
                let same = version.same_base(&wanted);
                let post_of_it = !wanted.is_post() && version.is_post() && same;
                version > wanted && !post_of_it && !(version.is_local() && same)
            }
            Operator::Arbitrary => false,
        }
    }

    fn equal(&self, version: Version<'_>, wanted: &Version<'_>) -> bool {
        if self.wildcard {
            return version.starts_with(wanted, wanted.written());
        }
        if wanted.is_local() { version == *wanted } else { version.public() == *wanted }
    }
}
