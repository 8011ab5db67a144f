//! From candidates to findings: one place is one secret (the more telling detector wins), one value in many places is
//! one finding.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::assign::{Assignment, Judgement};
use super::detector::{Book, Loaded};
use super::name::Kind;
use super::place::{Place, is_live, is_tried_by_hand};
use super::schema::{Check, Detector, Form};
use super::token::Token;
use super::{DEFAULT_CREDENTIAL, HARD_CODED, SecretScan, text, value};
use crate::base::mask::mask;
use crate::base::{CodeContext, Confidence, Finding, Leak, Severity, SourceFile, Span};

/// How telling a candidate is; more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Named,
    Shared,
    Own,
    /// Its own form, and its issuer is named near by.
    Told,
}

/// A possible secret.
#[derive(Debug)]
pub(super) struct Candidate {
    range: Range<usize>,
    rank: Rank,
    severity: Severity,
    confidence: Confidence,
    name: Option<String>,
    /// Where the other half of it stands.
    partner: Option<Range<usize>>,
    /// What speaks for it, where no rule tells.
    why: Option<String>,
    what: What,
    /// The value and how it is written, where `range` holds what stands for it.
    decoded: Option<(String, String)>,
}

#[derive(Debug)]
enum What {
    Token {
        loaded: &'static Loaded,
        title: Option<&'static str>,
        note: Option<String>,
    },
    Named {
        common: bool,
        password: bool,
    },
    /// The login of an administrator in a document.
    Told,
}

impl Candidate {
    pub(super) fn of_token(
        token: Token,
        book: &'static Book,
        source: &str,
        context: CodeContext,
        (place, path): (Place, &str),
    ) -> Self {
        let loaded = &book.detectors[token.detector];
        let detector = &loaded.detector;
        let proved = token.proved && matches!(detector.check, Some(Check::Github | Check::Gitlab | Check::Age));
        let remote = detector.check == Some(Check::UrlPassword)
            && token.confidence == Confidence::High
            && source.get(token.range.clone()).is_some_and(|value| value.len() >= 16 && value::is_random(value));
        let remote = remote || (detector.check == Some(Check::Jwt) && token.severity == Severity::Critical);
        let severity = match context {
            _ if proved => token.severity,
            // A generated password of another machine is real wherever it stands.
            CodeContext::Test if remote => token.severity.min(Severity::Medium),
            // What somebody tries a real service with.
            CodeContext::Test
                if token.confidence == Confidence::High
                    && !detector.generic
                    && place != Place::Prose
                    && is_tried_by_hand(path) =>
            {
                token.severity.min(Severity::Medium)
            }
            CodeContext::Test | CodeContext::Vendored => token.severity.min(Severity::Low),
            CodeContext::Example if place == Place::DotenvExample && token.confidence == Confidence::High => {
                token.severity.lowered()
            }
            CodeContext::Example
                if detector.generic || matches!(detector.check, Some(Check::Jwt | Check::UrlPassword)) =>
            {
                token.severity.min(Severity::Low)
            }
            // What a page of documentation shows: the answer of a server, a key to try it with.
            CodeContext::Example if place == Place::Prose && is_shown(detector) => token.severity.min(Severity::Low),
            CodeContext::Example => token.severity.min(Severity::Medium),
            _ if place == Place::Mute && (detector.form != Form::Token || detector.generic) => {
                token.severity.min(Severity::Low)
            }
            _ => token.severity,
        };
        let name = match detector.form {
            Form::Assigned => text::name_around(source, token.start),
            Form::Token | Form::Near => {
                text::name_before(source, if detector.form == Form::Near { token.range.start } else { token.start })
            }
        };
        // What a field of a form shows before anything is typed.
        let shown =
            name.is_some_and(|name| matches!(name, "placeholder" | "example" | "examples" | "sample" | "helperText"));
        let severity = if shown && !proved { severity.min(Severity::Low) } else { severity };
        Self {
            range: token.range,
            rank: match (detector.generic, detector.near.is_empty()) {
                (true, _) => Rank::Shared,
                (false, true) => Rank::Own,
                (false, false) => Rank::Told,
            },
            severity,
            confidence: if is_live(context) || proved {
                token.confidence
            } else {
                token.confidence.min(Confidence::Medium)
            },
            name: name.map(|name| shown_name(name).to_owned()),
            partner: None,
            why: None,
            what: What::Token { loaded, title: token.title, note: token.note },
            decoded: None,
        }
    }

    pub(super) fn of_name(assignment: &Assignment<'_>, judged: Judgement) -> Self {
        let password = assignment.secret.kind == Kind::Password;
        Self {
            range: assignment.range.clone(),
            rank: Rank::Named,
            severity: judged.severity,
            confidence: judged.confidence,
            name: Some(shown_name(assignment.name).to_owned()),
            partner: None,
            why: None,
            what: What::Named { common: judged.common, password },
            decoded: None,
        }
    }

    /// The same, with what speaks for it.
    pub(super) fn because(mut self, why: String) -> Self {
        self.why = Some(why);
        self
    }

    /// The same in the text of `piece`, a piece of a file's text that stands for it.
    pub(super) fn decoded_from(mut self, text: &str, range: &Range<usize>, how: &str) -> Self {
        let value = text.get(self.range.clone()).unwrap_or_default().to_owned();
        self.decoded = Some((value, how.to_owned()));
        self.range = range.clone();
        self
    }

    /// The value itself.
    fn value<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        match &self.decoded {
            Some((value, _)) => Some(value),
            None => text.get(self.range.clone()),
        }
    }
}

impl Candidate {
    /// The password of an administrator that a document tells.
    pub(super) fn of_document(range: Range<usize>, context: CodeContext) -> Self {
        let severity = if is_live(context) { Severity::Medium } else { Severity::Low };
        Self {
            range,
            rank: Rank::Named,
            severity,
            confidence: Confidence::Medium,
            name: None,
            partner: None,
            why: None,
            what: What::Told,
            decoded: None,
        }
    }
}

/// Whether the form of a token tells nothing of who issued it, so that one in a comment or for a throw-away database of a
/// pipeline is an illustration.
pub(super) fn means_little(token: &Token, book: &Book) -> bool {
    let by_form = |loaded: &Loaded| {
        loaded.detector.generic || matches!(loaded.detector.check, Some(Check::Jwt | Check::UrlPassword))
    };
    token.severity < Severity::Critical && book.detectors.get(token.detector).is_some_and(by_form)
}

/// Whether a form is one that documentation makes up: no vendor's own beginning tells it.
fn is_shown(detector: &Detector) -> bool {
    detector.form != Form::Token
        || matches!(detector.check, Some(Check::Pem | Check::PemBase64 | Check::ConnectionPassword))
}

/// `process.env.SECRET` and `app.secret` are called by their last part; `db.password` needs both.
fn shown_name(name: &str) -> &str {
    let heads = [
        "process.env.",
        "import.meta.env.",
        "os.environ.",
        "env.",
        "app.config.",
        "app.",
        "self.",
        "this.",
        "config.",
        "settings.",
    ];
    heads.iter().find_map(|head| name.strip_prefix(head)).unwrap_or(name)
}

/// Merges, groups and words the findings.
pub(super) fn findings(
    file: &SourceFile,
    context: CodeContext,
    mut candidates: Vec<Candidate>,
    cleared: &[Range<usize>],
) -> SecretScan {
    let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let mut cleared = cleared.to_vec();
    cleared.sort_by_key(|range| (range.start, range.end));
    let longest = cleared.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
    let is_cleared = |one: &Range<usize>| {
        let from = cleared.partition_point(|range| range.start + longest < one.start);
        cleared[from..].iter().take_while(|range| range.start < one.end).any(|range| overlaps(one, range))
    };
    candidates.retain(|one| one.rank > Rank::Shared || !is_cleared(&one.range));
    candidates.sort_by_key(|one| (one.range.start, one.range.end));
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        match kept.last_mut() {
            Some(last) if candidate.range.start < last.range.end => {
                // One piece may stand for a text with several secrets.
                let other = |(value, _): &(String, String)| candidate.decoded.as_ref().is_some_and(|(v, _)| v != value);
                if last.range == candidate.range && last.decoded.as_ref().is_some_and(other) {
                    kept.push(candidate);
                } else {
                    absorb(last, candidate);
                }
            }
            _ => kept.push(candidate),
        }
    }
    let places = Places::of(file.text(), &kept);
    pair(&mut kept);
    let mut by_value: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for candidate in kept {
        if let Some(value) = candidate.value(file.text()).map(str::to_owned) {
            by_value.entry(value).or_default().push(candidate);
        }
    }
    let mut findings: Vec<(usize, Finding)> =
        by_value.into_iter().filter_map(|(value, group)| finding(file, context, &value, &group, &places)).collect();
    findings.sort_by_key(|(start, _)| *start);
    SecretScan { findings: findings.into_iter().map(|(_, finding)| finding).collect(), spans: places.spans() }
}

/// Bytes between the two halves of one secret.
const TOGETHER: usize = 600;

/// A key id and its secret, near each other, are one finding: the secret's.
fn pair(kept: &mut Vec<Candidate>) {
    let id = |one: &Candidate| match &one.what {
        What::Token { loaded, .. } => Some(*loaded),
        What::Named { .. } | What::Told => None,
    };
    let mut gone = vec![false; kept.len()];
    for at in 0..kept.len() {
        let Some(wanted) = id(&kept[at]).map(|loaded| &loaded.detector.pair).filter(|pair| !pair.is_empty()) else {
            continue;
        };
        let range = kept[at].range.clone();
        let near =
            |other: &Candidate| other.range.start <= range.end + TOGETHER && range.start <= other.range.end + TOGETHER;
        let back = (0..at).rev().take(8);
        let partner = back.chain(at + 1..kept.len().min(at + 9)).find(|other| {
            let one = &kept[*other];
            !gone[*other] && near(one) && id(one).is_some_and(|loaded| wanted.contains(&loaded.detector.id))
        });
        if let Some(partner) = partner {
            gone[partner] = true;
            kept[at].partner = Some(kept[partner].range.clone());
        }
    }
    let mut at = 0;
    kept.retain(|_| {
        at += 1;
        !gone[at - 1]
    });
}

/// Two candidates at one place: the more telling stays, and takes a name from the other if it has none.
fn absorb(last: &mut Candidate, mut other: Candidate) {
    // What is written as it is says more than what was made of what stands round it.
    let (plain, read) = (last.decoded.is_none(), other.decoded.is_none());
    if plain != read {
        let (decoded, named) = if plain { (&other, &*last) } else { (&*last, &other) };
        if named.rank == Rank::Named && decoded.rank > Rank::Named {
            if plain {
                std::mem::swap(last, &mut other);
            }
            last.name = other.name.or(last.name.take());
        } else if read {
            *last = other;
        }
        return;
    }
    let both = last.range.start.min(other.range.start)..last.range.end.max(other.range.end);
    let other_wins = (other.rank, other.severity, other.range.len()) > (last.rank, last.severity, last.range.len());
    if other_wins {
        std::mem::swap(last, &mut other);
    }
    if other.rank == Rank::Named || last.name.is_none() {
        last.name = other.name.or(last.name.take());
    }
    // A form that many issuers share says less about the harm than the name does.
    if last.rank == Rank::Shared {
        last.severity = last.severity.max(other.severity);
    }
    last.range = both;
}

/// Every place of every value: also where only the value stands again, without a name or a mark.
struct Places<'a> {
    ranges: Vec<Range<usize>>,
    by_value: FxHashMap<&'a str, Vec<Range<usize>>>,
}

/// Bytes of all values of a file up to which they are looked for elsewhere: a file of megabytes of secrets needs no
/// further places, and the automaton of so many would fill the memory.
const MANY: usize = 2 << 20;
/// So few values are quicker looked for one by one than an automaton of them is built.
const FEW: usize = 12;
/// Shorter values are words too often to be looked for elsewhere.
const TELLING: usize = 10;

impl<'a> Places<'a> {
    fn of(text: &'a str, kept: &[Candidate]) -> Self {
        let mut ranges: Vec<_> = kept.iter().map(|one| one.range.clone()).collect();
        let mut values: Vec<&str> =
            kept.iter().filter_map(|one| text.get(one.range.clone())).filter(|value| value.len() >= TELLING).collect();
        values.sort_unstable();
        values.dedup();
        let total: usize = values.iter().map(|value| value.len()).sum();
        if values.len() <= FEW {
            for value in &values {
                let found = memchr::memmem::find_iter(text.as_bytes(), value);
                ranges.extend(found.map(|at| at..at + value.len()));
            }
        } else if let (1..=MANY, Ok(automaton)) = (total, AhoCorasick::new(&values)) {
            ranges.extend(automaton.find_overlapping_iter(text).map(|hit| hit.range()));
        }
        ranges.sort_by_key(|range| (range.start, range.end));
        ranges.dedup();
        let mut by_value: FxHashMap<&str, Vec<Range<usize>>> = FxHashMap::default();
        for range in &ranges {
            if let Some(value) = text.get(range.clone()) {
                by_value.entry(value).or_default().push(range.clone());
            }
        }
        Self { ranges, by_value }
    }

    /// Where a value stands, in file order.
    fn of_value(&self, value: &str) -> &[Range<usize>] {
        self.by_value.get(value).map_or(&[], Vec::as_slice)
    }

    /// Whether a text is a value, so that it is no name to show.
    fn hold(&self, text: &str) -> bool {
        text.len() >= TELLING && self.by_value.contains_key(text)
    }

    /// Sorted, and those that touch each other as one.
    fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for range in &self.ranges {
            let span = Span::from_range(range.clone());
            match spans.last_mut() {
                Some(last) if span.start < last.end => *last = last.cover(span),
                _ => spans.push(span),
            }
        }
        spans
    }
}

/// Whether a text stands by itself, and not as a part of a longer name.
fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let in_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    !in_name(range.start.checked_sub(1).and_then(|at| bytes.get(at))) && !in_name(bytes.get(range.end))
}

fn finding(
    file: &SourceFile,
    context: CodeContext,
    value: &str,
    group: &[Candidate],
    places: &Places<'_>,
) -> Option<(usize, Finding)> {
    let best = (0..group.len()).max_by_key(|at| (group[*at].rank, group[*at].severity, std::cmp::Reverse(*at)))?;
    let severity = group.iter().map(|one| one.severity).max()?;
    let first = &group[best];
    let masked = mask(value);
    let location = file.locate(Span::from_range(first.range.clone()));
    let named = first.name.as_deref().filter(|name| !name.contains(value) && !places.hold(name));
    let (rule, title, mut message, remedy) = wording(first, named, &masked);
    if let Some((_, how)) = &first.decoded {
        message = format!("{message}; decoded from {how}");
    }
    if let Some(why) = &first.why {
        message = format!("{message}; {why}");
    }
    let mut builder = Finding::at(location, rule, severity)
        .confidence(first.confidence)
        .title(title)
        .message(message)
        .remedy(remedy)
        .cwe(if matches!(first.what, What::Told | What::Named { common: true, password: true }) {
            vec![1392, 798]
        } else {
            vec![798]
        })
        .owasp(["A07:2021"]);
    // A plain word is the name of other things too.
    let word = value.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_place = |range: &Range<usize>| {
        let whole = !word && is_whole(file.text(), range);
        *range != first.range && (group.iter().any(|one| one.range == *range) || whole)
    };
    for range in places
        .of_value(file.text().get(first.range.clone()).unwrap_or(value))
        .iter()
        .filter(|range| is_place(range))
        .take(20)
    {
        builder = builder.related(file.locate(Span::from_range(range.clone())), "the same value stands here");
    }
    for range in group.iter().filter_map(|one| one.partner.clone()) {
        builder = builder.related(file.locate(Span::from_range(range)), "the key ID that goes with it");
    }
    let start = first.range.start;
    let identity = identity(value);
    let guessable = matches!(first.what, What::Told | What::Named { common: true, .. });
    let leak = Leak { guessable, ..Leak::of(&identity[..16]) };
    let mut finding = builder.leak(leak).done(&identity);
    finding.context = context;
    Some((start, finding))
}

fn wording(one: &Candidate, name: Option<&str>, masked: &str) -> (String, String, String, String) {
    let holds = name.map_or_else(|| "the file holds".to_owned(), |name| format!("`{name}` holds"));
    match &one.what {
        What::Token { loaded, title, note } => {
            let what = title.unwrap_or(&loaded.detector.title);
            let headline = match name {
                Some(name) => format!("Leaked secret: {name} found ({what})"),
                None => format!("Leaked secret: {what} found"),
            };
            let note = note.as_ref().map_or(String::new(), |note| format!("; {note}"));
            let article = if what.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let message = format!("{holds} {article} {what}, `{masked}`{note}");
            (loaded.rule(), headline, message, loaded.remedy.clone())
        }
        What::Named { common: true, password: true } => (
            DEFAULT_CREDENTIAL.to_owned(),
            name.map_or_else(
                || "Default credential found".to_owned(),
                |name| format!("Default credential: {name} found"),
            ),
            format!(
                "{} a password that everybody tries first, `{masked}`",
                name.map_or_else(|| "the file sets".to_owned(), |name| format!("`{name}` is set to"))
            ),
            "take it from the environment, without a default, and refuse to start when it is missing".to_owned(),
        ),
        What::Told => (
            DEFAULT_CREDENTIAL.to_owned(),
            "Login of an administrator in a document".to_owned(),
            format!("the document tells the password of an administrator, `{masked}`"),
            "take it out of the document, change it where it is in use, and make the first password at random"
                .to_owned(),
        ),
        What::Named { common, .. } => (
            HARD_CODED.to_owned(),
            name.map_or_else(|| "Leaked secret found".to_owned(), |name| format!("Leaked secret: {name} found")),
            if *common {
                format!("{holds} a constant that can be guessed or read by anybody with the source, `{masked}`")
            } else {
                format!("{holds} a literal that looks like a real credential, `{masked}`")
            },
            "revoke the value, make a new one, and read it from the environment or a secret store, without a default"
                .to_owned(),
        ),
    }
}

/// A salted hash that stands for the value wherever identity is needed.
fn identity(value: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"stageclear/secret-identity/1\0");
    hasher.update(value.as_bytes());
    crate::base::fingerprint::hex(&hasher.finalize())
}
