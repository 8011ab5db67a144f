//! Composer's versions (<https://getcomposer.org/doc/articles/versions.md>): up to four numbers and a stability, in the
//! order dev, alpha, beta, RC, stable, patch. Branches (`dev-main`) come before every release.

use super::digits::{Digits, dotted};

/// The parts that take part in the order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'a> {
    /// `false` for a branch.
    release: bool,
    /// Without the zeros at the end.
    numbers: Vec<Digits<'a>>,
    stability: i8,
    /// The number behind the stability.
    step: Vec<Digits<'a>>,
    branch: &'a str,
}

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if let Some(branch) = text.strip_prefix("dev-") {
            let usable = !branch.is_empty() && !branch.contains(char::is_whitespace);
            let none = Self { release: false, numbers: Vec::new(), stability: 0, step: Vec::new(), branch };
            return usable.then_some(none);
        }
        let text = text.split(['+', '#']).next().unwrap_or(text);
        let (numbers, rest) = dotted(text.strip_prefix(['v', 'V']).unwrap_or(text))?;
        let (stability, step) = stability(rest.trim_start_matches(['.', '-', '_']))?;
        Some(Self { release: true, numbers, stability, step, branch: "" })
    }

    pub(super) fn is_prerelease(&self) -> bool {
        !self.release || self.stability < 0
    }
}

fn stability(text: &str) -> Option<(i8, Vec<Digits<'_>>)> {
    const KINDS: [(&str, i8); 10] = [
        ("alpha", -3),
        ("beta", -2),
        ("patch", 1),
        ("stable", 0),
        ("dev", -4),
        ("rc", -1),
        ("pl", 1),
        ("a", -3),
        ("b", -2),
        ("p", 1),
    ];
    if text.is_empty() {
        return Some((0, Vec::new()));
    }
    let starts = |kind: &str| text.get(..kind.len()).is_some_and(|head| head.eq_ignore_ascii_case(kind));
    let (kind, rank) = KINDS.into_iter().find(|(kind, _)| starts(kind))?;
    let rest = text[kind.len()..].trim_start_matches(['.', '-']);
    if rest.is_empty() {
        return Some((rank, Vec::new()));
    }
    // `1.0.0-beta1-dev` is on its way to beta 1; the branch part does not tell one from another.
    let rest = rest.strip_suffix("-dev").unwrap_or(rest);
    let step: Option<Vec<Digits<'_>>> = rest.split(['.', '-']).map(Digits::parse).collect();
    // Composer drops what is behind `stable`.
    step.map(|step| (rank, if rank == 0 { Vec::new() } else { step }))
}
