//! The detectors as they run: the blob that `build.rs` made of `rules/secret`, one automaton over all keywords, and one
//! regular expression a detector, compiled at its first keyword.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::schema::{Check, Detector, DetectorBook, Form};
use super::{call, name, sql};
use crate::base::Severity;

/// One detector, ready to run.
#[derive(Debug)]
pub struct Loaded {
    /// As written.
    pub detector: Detector,
    /// Who issues it.
    pub provider: String,
    /// The documentation of the format.
    pub reference: String,
    /// What to do about a leak.
    pub remedy: String,
    /// Harm if true.
    pub severity: Severity,
    /// What every token begins with, in its own case: a cheap test before the regular expression.
    head: String,
    regex: OnceLock<Option<Regex>>,
    ignore: OnceLock<Vec<regex::bytes::Regex>>,
}

impl Loaded {
    /// The rule that findings of it carry.
    #[must_use]
    pub fn rule(&self) -> String {
        format!("secret/{}", self.detector.id)
    }

    /// Whether its form alone tells that a value is a secret, so that it can be looked for in decoded text.
    pub(super) fn is_telling(&self) -> bool {
        let form = self.detector.form == Form::Token;
        form && (!self.detector.generic || self.detector.check == Some(Check::UrlPassword))
    }

    pub(super) fn regex(&self) -> Option<&Regex> {
        let build = || {
            let syntax = syntax::Config::new().unicode(false).utf8(false);
            // It is asked of windows at a keyword: looking for literals first would only find that again.
            let config = Regex::config().utf8_empty(false).auto_prefilter(false);
            Regex::builder().syntax(syntax).configure(config).build(&self.detector.expression()).ok()
        };
        self.regex.get_or_init(build).as_ref()
    }

    /// Whether a token of it can begin here.
    pub(super) fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        bytes.get(at..).is_some_and(|rest| rest.starts_with(self.head.as_bytes()))
    }

    pub(super) fn ignores(&self, value: &str) -> bool {
        let build = || self.detector.ignore.iter().filter_map(|text| regex::bytes::Regex::new(text).ok()).collect();
        self.ignore.get_or_init(build).iter().any(|regex| regex.is_match(value.as_bytes()))
    }
}

/// All detectors and the automaton that finds where to look.
#[derive(Debug)]
pub(super) struct Book {
    pub detectors: Vec<Loaded>,
    keywords: Vec<String>,
    automaton: Automata,
    /// What a hit of the automaton is for.
    pub owners: Vec<Owners>,
    tokens: Automata,
    /// What a hit of `tokens` is for.
    pub token_owners: Vec<usize>,
}

/// What a keyword is for.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// Detectors to run, by index.
    pub detectors: Vec<usize>,
    /// Whether names of secrets hold it.
    pub name: bool,
    /// Whether it is the end of a call that has a credential in it.
    pub call: bool,
    /// Whether it begins rows with columns in SQL.
    pub rows: bool,
}

impl Book {
    /// Over the keywords of detectors and of secret names, without regard to ASCII case. Made when a file first needs it:
    /// a run over a few files may do without.
    pub(super) fn automaton(&self, text: &str) -> &AhoCorasick {
        self.automaton.of(text.len(), || self.keywords.iter().map(String::as_str))
    }

    /// Over the keywords of detectors alone: for files whose names are taken from the syntax tree.
    pub(super) fn tokens(&self, text: &str) -> &AhoCorasick {
        let keywords = || self.token_owners.iter().filter_map(|at| self.keywords.get(*at)).map(String::as_str);
        self.tokens.of(text.len(), keywords)
    }
}

/// Bytes up to which the automaton that is quick to make is used: a commit's files are read before the other is made.
const FEW_BYTES: usize = 1 << 20;

/// The same automaton twice: quick to make, and quick to run. Both tell the same matches in the same order.
#[derive(Debug, Default)]
struct Automata {
    seen: AtomicUsize,
    small: OnceLock<AhoCorasick>,
    large: OnceLock<AhoCorasick>,
}

impl Automata {
    /// The one for the next `bytes`.
    fn of<'k, I: Iterator<Item = &'k str>>(&self, bytes: usize, keywords: impl FnOnce() -> I) -> &AhoCorasick {
        let seen = self.seen.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if seen <= FEW_BYTES {
            self.small.get_or_init(|| automaton(AhoCorasickKind::ContiguousNFA, keywords()))
        } else {
            self.large.get_or_init(|| automaton(AhoCorasickKind::DFA, keywords()))
        }
    }
}

static BOOK: LazyLock<Book> = LazyLock::new(load);

/// The one book.
pub(super) fn book() -> &'static Book {
    &BOOK
}

/// Every detector, in the order of provider file and place in it: for the catalogue of rules.
#[must_use]
pub fn all() -> &'static [Loaded] {
    &book().detectors
}

fn written() -> DetectorBook {
    #[cfg(feature = "rules-from-disk")]
    if let Some(book) = from_disk() {
        return book;
    }
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/secrets.json.zst"));
    let json = zstd::decode_all(packed.as_slice()).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

/// The files below the folder that `STAGECLEAR_RULES` names, for writing detectors without building the program each
/// time. Never part of a release.
#[cfg(feature = "rules-from-disk")]
#[allow(clippy::disallowed_methods, clippy::print_stderr)] // a tool for those who write rules; it says what it refuses
fn from_disk() -> Option<DetectorBook> {
    let folder = std::path::PathBuf::from(std::env::var_os("STAGECLEAR_RULES")?).join("secret");
    let mut paths: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut book = DetectorBook::default();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        match toml::from_str(&std::fs::read_to_string(path).unwrap_or_default()) {
            Ok(provider) => book.providers.push(provider),
            Err(error) => eprintln!("{}: {error}", path.display()),
        }
    }
    Some(book)
}

fn load() -> Book {
    let written = written();
    let mut detectors = Vec::new();
    for provider in written.providers {
        for detector in provider.detectors {
            detectors.push(Loaded {
                severity: detector.severity.parse().unwrap_or(Severity::High),
                head: head(&detector),
                detector,
                provider: provider.provider.clone(),
                reference: provider.reference.clone(),
                remedy: provider.remedy.clone(),
                regex: OnceLock::new(),
                ignore: OnceLock::new(),
            });
        }
    }
    let mut keywords: Vec<String> = Vec::new();
    let mut owners: Vec<Owners> = Vec::new();
    let mut place = |keyword: &str| {
        keywords.iter().position(|known| known == keyword).unwrap_or_else(|| {
            keywords.push(keyword.to_owned());
            keywords.len() - 1
        })
    };
    let mut wanted: Vec<(usize, Option<usize>)> = Vec::new();
    let calls: Vec<usize> = call::keywords().map(&mut place).collect();
    let rows = place(sql::KEYWORD);
    for (at, loaded) in detectors.iter().enumerate() {
        wanted.extend(loaded.detector.keywords.iter().map(|keyword| (place(keyword), Some(at))));
    }
    wanted.extend(name::KEYWORDS.iter().map(|keyword| (place(keyword), None)));
    owners.resize_with(keywords.len(), Owners::default);
    for (keyword, detector) in wanted {
        match detector {
            Some(detector) => owners[keyword].detectors.push(detector),
            None => owners[keyword].name = true,
        }
    }
    for keyword in calls {
        owners[keyword].call = true;
    }
    owners[rows].rows = true;
    let token_owners: Vec<usize> = (0..owners.len()).filter(|at| !owners[*at].detectors.is_empty()).collect();
    let (automaton, tokens) = (Automata::default(), Automata::default());
    Book { detectors, keywords, automaton, owners, tokens, token_owners }
}

fn automaton<'k>(kind: AhoCorasickKind, keywords: impl Iterator<Item = &'k str>) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(kind))
        .build(keywords)
        .unwrap_or_else(|_| AhoCorasick::new::<_, &str>([]).unwrap_or_else(|_| unreachable!("an automaton of nothing")))
}

/// The literal text that a token's pattern begins with; empty where the pattern is a choice or may begin earlier.
fn head(detector: &Detector) -> String {
    if detector.form != Form::Token || detector.before > 0 {
        return String::new();
    }
    let mut depth = 0_i32;
    for byte in detector.pattern.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'|' if depth <= 0 => return String::new(),
            _ => {}
        }
    }
    let literal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | ':' | ' ');
    let mut head: String = detector.pattern.chars().take_while(literal).collect();
    if detector.pattern[head.len()..].starts_with(['?', '*', '{', '+']) {
        head.pop();
    }
    head
}
