//! Secrets in files: tokens told by their own form, private keys, connection strings with passwords, and literals that
//! the name of a secret is set to. Offline: values are proved by checksum and structure, never by asking anybody.
//!
//! The formats are data, `rules/secret/<provider>.toml` (see [`schema`]). One automaton over all their keywords goes over
//! a file once; only the regular expression of the keyword's detector runs, on a window. Named secrets come from the
//! syntax tree where there is one, otherwise from the text round the name.
//!
//! Left out: whether a file is committed, ignored or shipped to browsers (the pipeline knows), git history, archives.
//! A value never leaves this module: findings carry its masked form and a salted hash.

pub mod schema;

mod assign;
mod call;
mod check;
mod decode;
mod detector;
mod document;
mod merge;
mod name;
mod nearby;
mod owner;
mod place;
mod proof;
mod section;
mod source;
mod sql;
mod stand_in;
mod text;
mod token;
mod value;
mod weigh;
mod weights;

pub use detector::{Loaded, all};

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::base::{CodeContext, Finding, Severity, SourceFile, Span};
use crate::frontend;
use crate::syntax::Tree;

/// The rule of literals that the name of a secret is set to.
pub const HARD_CODED: &str = "secret/hard-coded-credential";
/// The rule of passwords that everybody tries first.
pub const DEFAULT_CREDENTIAL: &str = "secret/default-credential";

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub struct SecretScan {
    /// One a value, in file order; further places are related locations.
    pub findings: Vec<Finding>,
    /// Where the values stand, sorted and not overlapping: what snippets of any finding must mask.
    pub spans: Vec<Span>,
}

/// Searches a file. Named secrets are taken from `tree` if there is one; a file without is read as text.
#[must_use]
pub fn scan(file: &SourceFile, tree: Option<&Tree>, context: CodeContext) -> SecretScan {
    let mut search = Search::new(file, context);
    search.run(if tree.is_some() { Names::Comments } else { Names::Read });
    if let Some(tree) = tree {
        search.names_of(tree);
    }
    search.finish()
}

/// Searches a file on its own; source code of up to `largest` bytes is parsed where the outcome hangs on it.
#[must_use]
pub fn search(file: &SourceFile, context: CodeContext, largest: u64) -> SecretScan {
    search_telling(file, context, largest).0
}

/// As [`search`]; and whether the file is silent: nothing in it so much as looked like a secret.
#[must_use]
pub fn search_telling(file: &SourceFile, context: CodeContext, largest: u64) -> (SecretScan, bool) {
    let Some(frontend) = parsed_by(file.path(), file.text().len(), largest) else {
        let mut search = Search::new(file, context);
        search.run(Names::Read);
        return search.finish_telling();
    };
    let mut parse = || {
        let language = frontend.language_of(file.path()).filter(|_| frontend.claims(file))?;
        Some(frontend.parse(file, language).0)
    };
    lazily(file, &mut parse, context)
}

/// The frontend that reads a file of so many bytes where the outcome hangs on it.
fn parsed_by(path: &str, length: usize, largest: u64) -> Option<&'static dyn frontend::Frontend> {
    frontend::of(path).filter(|_| !frontend::is_markup(path) && length as u64 <= largest)
}

/// How far a change of a file may reach: what is said of a text hangs on so many bytes on each side of it, no more.
/// `None` where it hangs on the whole file.
#[must_use]
pub fn reach(path: &str, text: &str) -> Option<usize> {
    let extension = place::extension(path);
    let whole = match extension.as_str() {
        "xml" | "ipynb" | "sql" => true,
        "yml" | "yaml" | "json" => memchr::memmem::find(text.as_bytes(), b"apiVersion").is_some(),
        _ => false,
    };
    match place::of(path) {
        _ if whole => None,
        place::Place::Source | place::Place::Mute => Some(1_000),
        _ => Some(2_200),
    }
}

/// Whether a piece of a file of `length` bytes is silent.
#[must_use]
pub fn is_silent(piece: &SourceFile, length: usize, context: CodeContext, largest: u64) -> bool {
    let mut search = Search::new(piece, context);
    search.run(if parsed_by(piece.path(), length, largest).is_some() { Names::Ask } else { Names::Read });
    search.gather();
    search.is_silent()
}

/// Searches a file that can be parsed, but does so only if the name of a secret and a literal stand near each other: the
/// outcome is the same as that of [`scan`] with the tree. `None` from `parse` makes it text.
#[must_use]
pub fn scan_lazily(file: &SourceFile, parse: &mut dyn FnMut() -> Option<Tree>, context: CodeContext) -> SecretScan {
    lazily(file, parse, context).0
}

fn lazily(file: &SourceFile, parse: &mut dyn FnMut() -> Option<Tree>, context: CodeContext) -> (SecretScan, bool) {
    let mut search = Search::new(file, context);
    search.run(Names::Ask);
    if search.named_literal {
        match parse() {
            Some(tree) => search.names_of(&tree),
            None => return (scan(file, None, context), false),
        }
    }
    search.finish_telling()
}

/// What is done about the names of secrets in the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// They mean nothing.
    None,
    /// A tree tells them, but for those in lines that are commented out.
    Comments,
    /// What they are assigned to is read.
    Read,
    /// Whether a literal is near one is noted.
    Ask,
}

/// One file, searched.
struct Search<'f> {
    file: &'f SourceFile,
    context: CodeContext,
    place: place::Place,
    named: bool,
    named_literal: bool,
    /// Where the tests of a Rust file begin.
    tests_from: usize,
    /// Whether it is a Secret of Kubernetes, whose values are in base64.
    sealed: bool,
    candidates: Vec<merge::Candidate>,
    cleared: Vec<Range<usize>>,
}

impl<'f> Search<'f> {
    fn new(file: &'f SourceFile, context: CodeContext) -> Self {
        let place = place::of(file.path());
        let rust = place::extension(file.path()) == "rs";
        Self {
            file,
            context,
            place,
            named: !matches!(context, CodeContext::Generated | CodeContext::Vendored)
                && place != place::Place::Mute
                && !section::is_documentation(file.text(), file.path()),
            named_literal: false,
            tests_from: if rust { tests_of_rust(file.text()) } else { usize::MAX },
            sealed: place == place::Place::Config && is_cluster_secret(file.text()),
            candidates: Vec::new(),
            cleared: Vec::new(),
        }
    }

    fn role(&self, at: usize) -> CodeContext {
        if at >= self.tests_from { CodeContext::Test } else { self.context }
    }

    /// Goes over the text once.
    fn run(&mut self, names: Names) {
        let book = detector::book();
        let text = self.file.text();
        let names = if self.named { names } else { Names::None };
        let mut resume = vec![0_usize; book.detectors.len()];
        let mut name_end = 0;
        let automaton = if names == Names::None { book.tokens(text) } else { book.automaton(text) };
        for hit in automaton.find_overlapping_iter(text) {
            let pattern = hit.pattern().as_usize();
            let owners = &book.owners[if names == Names::None { book.token_owners[pattern] } else { pattern }];
            for &at in &owners.detectors {
                if hit.start() >= resume[at] {
                    self.token(at, hit.start(), &mut resume[at]);
                }
            }
            if names == Names::None {
                continue;
            }
            if owners.name && hit.start() >= name_end {
                name_end = self.name(names, hit.start());
            }
            if owners.call {
                self.call(hit.start());
            }
            if owners.rows {
                self.rows(hit.start());
            }
        }
    }

    fn token(&mut self, detector: usize, at: usize, resume: &mut usize) {
        let (book, text, path) = (detector::book(), self.file.text(), self.file.path());
        match token::at(book, detector, at, text, path) {
            Some(token::Said::Found(mut token)) => {
                *resume = token.range.end;
                let shown = text::in_comment(text, token.start)
                    || text::name_before(text, token.start) == Some("example")
                    || place::is_pipeline(path)
                    || (matches!(place::extension(path).as_str(), "md" | "mdx" | "rst" | "adoc")
                        && text.get(token.range.clone()).is_some_and(value::is_letters));
                // ` * @example whsec_…`: what a description of an interface shows.
                let head = text.get(..token.start).and_then(|head| head.rsplit('\n').next());
                let tagged = head.is_some_and(|head| head.trim_end().ends_with("@example"));
                let name = text::name_before(text, token.start).unwrap_or_default();
                // `GOOGLE_BROWSER_API_KEY`: what everybody gets.
                let for_browsers = name::words(name).iter().any(|word| word == "browser");
                let block = text.get(token.range.clone()).is_some_and(|value| value.starts_with("-----"));
                let apart = block && (place::is_of_one_machine(path) || is_for_tests(name))
                    || path.contains(".github/workflows/") && token::is_of_connection(&token, book);
                let role = match self.role(at) {
                    role if apart && role != CodeContext::Vendored => CodeContext::Test,
                    live if place::is_live(live) && tagged => CodeContext::Example,
                    live if place::is_live(live) && for_browsers => CodeContext::Test,
                    live if place::is_live(live) && shown && merge::means_little(&token, book) => CodeContext::Example,
                    role => role,
                };
                // What the program itself logs in with: on this machine too.
                let set = matches!(self.place, place::Place::Dotenv | place::Place::Config | place::Place::Source);
                let told = text::is_comment(text.as_bytes(), token.start);
                if set
                    && !told
                    && place::is_live(role)
                    && !place::is_of_developers(path)
                    && token::is_login(&token, book)
                {
                    token.severity = token.severity.max(Severity::Medium);
                }
                self.candidates.push(merge::Candidate::of_token(token, book, text, role, (self.place, path)));
            }
            Some(token::Said::Cleared(range)) => {
                *resume = range.end;
                self.cleared.push(range);
            }
            None => {}
        }
    }

    /// Looks at the call that ends with a keyword.
    fn call(&mut self, at: usize) {
        let (text, path) = (self.file.text(), self.file.path());
        let Some(found) = call::at(text, at, self.place, path) else { return };
        let shown = text::is_comment(text.as_bytes(), at);
        if shown && !text::is_commented_out(text, at) {
            return;
        }
        let way = match (shown, found.sure) {
            (true, _) => assign::Way::Commented,
            (false, true) => assign::Way::Position,
            (false, false) => assign::Way::Argument,
        };
        let Some(value) = text.get(found.range.clone()) else { return };
        self.positioned(found.name, found.secret, value, way, found.range);
    }

    /// Looks at the rows of SQL that begin at a keyword.
    fn rows(&mut self, at: usize) {
        let text = self.file.text();
        for (column, secret, range) in sql::passwords(text, at, &place::extension(self.file.path())) {
            let Some(value) = text.get(range.clone()) else { continue };
            self.positioned(column, secret, value, assign::Way::Position, range);
        }
    }

    fn positioned(
        &mut self,
        name: &'f str,
        secret: name::SecretName,
        value: &'f str,
        way: assign::Way,
        range: Range<usize>,
    ) {
        let context = self.role(range.start);
        let file = assign::File { path: self.file.path(), place: self.place, context };
        let assignment = assign::Assignment { name, secret, value, way, range };
        if !is_form(self.file, self.place, &assignment) {
            self.keep(&nearby::Nearby::plain(assignment), &file);
        }
    }

    /// Looks at the name that a keyword is part of; says where it ends.
    fn name(&mut self, names: Names, at: usize) -> usize {
        let (text, path) = (self.file.text(), self.file.path());
        if names != Names::Read {
            let name = text::name_of(text, at);
            if !(text::is_comment(text.as_bytes(), name.start) && text::is_commented_out(text, name.start)) {
                self.named_literal = self.named_literal || (names == Names::Ask && self.may_be_set(&name));
                self.near(&name);
                return name.end;
            }
        }
        let (end, assignment) = text::at(text, at, self.place, path);
        let file = assign::File { path, place: self.place, context: self.role(at) };
        if assignment.is_none() {
            self.near(&text::name_of(text, at));
        }
        let assignment = assignment.filter(|one| {
            !is_form(self.file, self.place, one)
                && !section::is_key_of_outside_secret(text, one.name, &place::extension(path))
                && !section::is_id_of_pair(text, one.name, one.value, one.range.start)
                && !section::is_name_of_object(text, one.name, one.value, &place::extension(path))
        });
        if let Some(assignment) = assignment.as_ref().filter(|_| self.sealed)
            && let Some(plain) = decode::plain(assignment.value)
        {
            self.made_of(assignment, &plain, "base64", &file);
        } else if let Some(assignment) = assignment.as_ref().filter(|one| one.value.contains("\\u00"))
            && let Ok(plain) = serde_json::from_str::<String>(&format!("\"{}\"", assignment.value))
        {
            self.made_of(assignment, &plain, "JSON", &file);
        } else if let Some(assignment) = assignment {
            self.keep(&nearby::Nearby::plain(assignment), &file);
        }
        end
    }

    /// Keeps a named value that a rule tells to be a secret, or, where none settles it, its weight.
    fn keep(&mut self, found: &nearby::Nearby<'_>, file: &assign::File<'_>) {
        let assignment = &found.assignment;
        let ruled = found.is_plain().then(|| assign::judge(assignment, file)).flatten();
        if let Some(judged) = ruled {
            let judged = self.settled(assignment, file, judged);
            self.candidates.push(merge::Candidate::of_name(assignment, judged));
        } else if let Some((judged, why)) = weigh::judge(&weigh::Load { text: self.file.text(), found, file }) {
            self.candidates.push(merge::Candidate::of_name(assignment, judged).because(why));
        }
    }

    /// The password of an account that stands beside it is one to log in with, however common.
    fn settled(
        &self,
        assignment: &assign::Assignment<'_>,
        file: &assign::File<'_>,
        judged: assign::Judgement,
    ) -> assign::Judgement {
        let login = judged.common
            && judged.severity == Severity::Low
            && assignment.secret.kind == name::Kind::Password
            && place::is_live(file.context)
            && file.place == place::Place::Source
            && assignment.way != assign::Way::Compared
            && !assign::is_for_developers(file.path)
            && !place::tells_of_others(file.path)
            && (file.path.to_ascii_lowercase().contains("seed")
                || section::is_of_account(self.file.text(), &assignment.range));
        if login { assign::Judgement { severity: Severity::Medium, ..judged } } else { judged }
    }

    /// Looks at the literal behind a name, whatever lies between.
    fn near(&mut self, name: &Range<usize>) {
        let (text, path) = (self.file.text(), self.file.path());
        let Some(found) = nearby::at(text, name, self.place, path) else { return };
        let file = assign::File { path, place: self.place, context: self.role(name.start) };
        let one = &found.assignment;
        let refused = one.way == assign::Way::Fallback && section::is_refused(text, &one.range);
        if !refused && !is_form(self.file, self.place, one) {
            self.keep(&found, &file);
        }
    }

    /// A named literal that stands for another text.
    fn made_of(&mut self, written: &assign::Assignment<'_>, value: &str, how: &str, file: &assign::File<'_>) {
        let read = assign::Assignment { value, range: 0..value.len(), ..written.clone() };
        if let Some(judged) = assign::judge(&read, file) {
            let candidate = merge::Candidate::of_name(&read, judged);
            self.candidates.push(candidate.decoded_from(value, &written.range, how));
        }
    }

    /// Whether the tree could tell that a name is set to a secret: any literal near it would do.
    fn may_be_set(&self, name: &Range<usize>) -> bool {
        let (text, path) = (self.file.text(), self.file.path());
        let written = text.get(name.clone()).unwrap_or_default();
        let literal = || text::literals_near(text, name).any(|(_, value, _)| value.len() >= 4);
        let loose = || section::loose(text, written, name.start).filter(|_| literal());
        // A member's name is its last part, but what follows may belong to the value.
        let known: Vec<_> = written
            .split('.')
            .filter_map(|part| Some((part, name::classify(part)?)))
            .chain(name::classify(written).map(|secret| (written, secret)))
            // Beside a `user`, which the tree tells.
            .chain(Some("user_pass").filter(|_| written == "pass").and_then(|of| Some((of, name::classify(of)?))))
            .chain(loose().map(|secret| (written, secret)))
            .collect();
        let (of, called) = written.rsplit_once('.').unwrap_or(("", written));
        let signs = name::signing_argument(of, called).and_then(|_| name::classify("signing_key"));
        let known: Vec<_> = known.into_iter().chain(signs.map(|secret| ("signing_key", secret))).collect();
        let file = assign::File { path, place: self.place, context: self.context };
        !known.is_empty()
            && text::literals_near(text, name).any(|(range, value, joined)| {
                let is_set = |name: &str, secret: &name::SecretName, way| {
                    let (secret, range) = (secret.clone(), range.clone());
                    assign::judge(&assign::Assignment { name, secret, value, way, range }, &file).is_some()
                };
                let ways = [assign::Way::Fallback, assign::Way::Assigned, assign::Way::Compared];
                joined || known.iter().any(|(name, secret)| ways.iter().any(|way| is_set(name, secret, *way)))
            })
    }

    fn names_of(&mut self, tree: &Tree) {
        if !self.named {
            return;
        }
        let file = assign::File { path: self.file.path(), place: self.place, context: self.context };
        let (literals, joined) = source::assignments(self.file, tree);
        let apart = source::classes_for_developers(tree);
        for assignment in literals.into_iter().filter(|one| !is_form(self.file, self.place, one)) {
            if let Some(judged) = assign::judge(&assignment, &file) {
                let mut judged = self.settled(&assignment, &file, judged);
                if apart.iter().any(|class| class.contains(Span::from_range(assignment.range.clone()))) {
                    judged.severity = judged.severity.min(Severity::Medium);
                }
                self.candidates.push(merge::Candidate::of_name(&assignment, judged));
            }
        }
        for (written, text) in joined {
            self.made_of(&written, &text, "literals put together", &file);
        }
    }

    /// Looks into what stands for another text. `outer` is the piece of the file that `text` was made of.
    fn pieces(&mut self, text: &str, outer: Option<(&Range<usize>, &str)>, depth: usize, budget: &mut decode::Budget) {
        let dotted = matches!(place::extension(self.file.path()).as_str(), "php" | "phtml" | "inc" | "pl" | "pm");
        for piece in decode::pieces(text, dotted, budget) {
            let how = match outer {
                // Words put together of a decoded text are no secret that anybody wrote.
                Some(_) if !piece.is_encoded() => continue,
                Some((_, outer)) => format!("{} in {outer}", piece.how),
                None => piece.how.to_owned(),
            };
            let range = outer.map_or(&piece.range, |(range, _)| range).clone();
            self.decoded(&piece.text, &range, &how, piece.is_encoded());
            if depth < decode::DEPTH && piece.is_encoded() {
                self.pieces(&piece.text, Some((&range, &how)), depth + 1, budget);
            }
        }
    }

    /// Searches a decoded text for tokens of a form of their own, and for names of secrets if it is a configuration.
    fn decoded(&mut self, text: &str, range: &Range<usize>, how: &str, encoded: bool) {
        let book = detector::book();
        let path = self.file.path();
        let role = self.role(range.start);
        let mut resume: FxHashMap<usize, usize> = FxHashMap::default();
        for hit in book.tokens(text).find_overlapping_iter(text) {
            for &at in &book.owners[book.token_owners[hit.pattern().as_usize()]].detectors {
                let told = book.detectors[at].is_telling();
                if !told || resume.get(&at).is_some_and(|end| hit.start() < *end) {
                    continue;
                }
                if let Some(token::Said::Found(token)) = token::at(book, at, hit.start(), text, path) {
                    resume.insert(at, token.range.end);
                    let candidate = merge::Candidate::of_token(token, book, text, role, (self.place, path));
                    self.candidates.push(candidate.decoded_from(text, range, how));
                }
            }
        }
        if !encoded || !self.named || !decode::is_config(text) {
            return;
        }
        let mut end = 0;
        for hit in book.automaton(text).find_overlapping_iter(text) {
            if !book.owners[hit.pattern().as_usize()].name || hit.start() < end {
                continue;
            }
            let (next, assignment) = text::at(text, hit.start(), place::Place::Config, path);
            end = next;
            let file = assign::File { path, place: place::Place::Config, context: role };
            if let Some(assignment) = assignment
                && let Some(judged) = assign::judge(&assignment, &file)
            {
                let candidate = merge::Candidate::of_name(&assignment, judged);
                self.candidates.push(candidate.decoded_from(text, range, how));
            }
        }
    }

    /// Looks for what is encoded, and for logins that documents tell.
    fn gather(&mut self) {
        let file = self.file;
        self.pieces(file.text(), None, 1, &mut decode::Budget::default());
        let prose = matches!(place::extension(file.path()).as_str(), "md" | "mdx" | "txt" | "rst");
        if self.named && self.place == place::Place::Prose && prose {
            let told = document::passwords(file.text(), file.path()).into_iter();
            let in_force = place::is_of_production(file.path());
            let context = if in_force { CodeContext::Production } else { self.context };
            self.candidates.extend(told.map(|range| merge::Candidate::of_document(range, context)));
        }
    }

    fn is_silent(&self) -> bool {
        self.candidates.is_empty() && self.cleared.is_empty() && !self.named_literal
    }

    fn finish(self) -> SecretScan {
        self.finish_telling().0
    }

    fn finish_telling(mut self) -> (SecretScan, bool) {
        self.gather();
        let silent = self.is_silent();
        (merge::findings(self.file, self.context, self.candidates, &self.cleared), silent)
    }
}

/// Whether a file holds a Secret of Kubernetes.
fn is_cluster_secret(text: &str) -> bool {
    let has = |part: &[u8]| memchr::memmem::find(text.as_bytes(), part).is_some();
    has(b"apiVersion") && (has(b"kind: Secret") || has(b"\"Secret\""))
}

/// Where the tests of a Rust file begin.
fn tests_of_rust(text: &str) -> usize {
    let marks = ["#[cfg(test)]", "\n#[test]\n"];
    marks.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(usize::MAX)
}

/// Whether a name says that its key is for tests: `TEST_FAKE_RSA_KEY_0`.
fn is_for_tests(name: &str) -> bool {
    let told = ["test", "tests", "testing", "fake", "dummy", "mock", "sample", "example"];
    name::words(name).iter().any(|word| told.contains(&word.as_str()))
}

/// Whether a value is one of a form to fill in, or only shown. What code falls back to is in force, whatever it says.
fn is_form(file: &SourceFile, place: place::Place, one: &assign::Assignment<'_>) -> bool {
    let text = file.text();
    let in_force =
        one.way == assign::Way::Fallback && (place == place::Place::Source || one.secret.kind == name::Kind::Signing);
    let shown = place == place::Place::Source
        && (section::is_row_of_names(text, one.name, &one.range)
            || section::is_in_doc(text, one.range.start, &place::extension(file.path())));
    !in_force && (shown || section::is_form(text, &one.range))
}

#[cfg(test)]
mod encoded;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twins;
#[cfg(test)]
mod weighed;
