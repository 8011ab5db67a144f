//! Misuse rules (`rules/misuse/`): calls, reads and assignments that are wrong by themselves, matched over the facts that
//! the flow engine learnt. No data flow beyond what a fact's values hold (folded constants, where a value comes from).
//! A few are told by the text alone ([`text`]); names in the text say what a value is ([`names`]).

mod beside;
mod names;
mod prefix;
mod search;
mod text;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem::Finder;

use crate::base::pattern::Pattern;
use crate::base::{CodeContext, Confidence, Finding, Location, Severity, Span};
use crate::flow::Project;
use crate::flow::condition::is_constant;
use crate::flow::facts::{AssignFact, CallFact, FactValue, Facts, FileId, FuncRef, ReadFact};
use crate::model::index::{CompiledCondition, Family};
use crate::model::path::{ArgBase, ArgPath, Segment};
use crate::model::schema::{MisuseMatch, MisuseRule, RuleBook};
use crate::syntax::{ExprKind, Key};

/// Findings of all misuse rules, in order of file and place.
#[must_use]
pub fn analyse(project: &Project, facts: &Facts, book: &RuleBook) -> Vec<Finding> {
    // Rules of languages that the project is not written in are not compiled.
    let families: BTreeSet<Family> = project.files.iter().map(|file| file.family).collect();
    let matcher = Matcher::new(project, book, facts, &families);
    let mut findings = Vec::new();
    for call in &facts.calls {
        matcher.call(project, call, &mut findings);
    }
    for read in &facts.reads {
        matcher.read(project, read, &mut findings);
    }
    for assign in facts.assigns.iter().filter(|assign| !is_map(assign)) {
        matcher.assign(project, assign, &mut findings);
    }
    let spoken: BTreeSet<(String, String)> =
        findings.iter().map(|finding| (finding.location.path.clone(), finding.rule.clone())).collect();
    let mut maps = Vec::new();
    for assign in facts.assigns.iter().filter(|assign| is_map(assign)) {
        matcher.assign(project, assign, &mut maps);
    }
    // What a rule says of a call, it would say again of the literal that is passed.
    maps.retain(|finding| !spoken.contains(&(finding.location.path.clone(), finding.rule.clone())));
    findings.append(&mut maps);
    for at in 0..project.files.len() {
        matcher.text(project, FileId(u32::try_from(at).unwrap_or(u32::MAX)), &mut findings);
    }
    let key = |finding: &Finding| {
        let at = &finding.location;
        (at.path.clone(), at.line, at.column, finding.rule.clone())
    };
    findings.sort_by_cached_key(key);
    findings.dedup_by(|next, kept| key(next) == key(kept));
    findings
}

/// What a match waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum On {
    Call,
    Read,
    Assign,
    Map,
    Compare,
    Assert,
    Regex,
    Search,
    Prefix,
    Text,
}

struct Hit<'b> {
    written: &'b MisuseMatch,
    conditions: Vec<CompiledCondition>,
    purpose: Option<Pattern>,
    not_purpose: Option<Pattern>,
    not_under: Option<Pattern>,
    not_in_file: Option<Pattern>,
    /// What a text must hold some of, as places in [`Matcher::needles`].
    needs: Vec<usize>,
}

struct Rule<'b> {
    written: &'b MisuseRule,
    hits: Vec<Hit<'b>>,
}

/// A rule, the match of it that holds, and the path that it waited for.
type Matched<'m, 'b, 'p> = (&'m Rule<'b>, &'m Hit<'b>, &'p str);

/// Rule and match, in the order of the files.
type ByPath<'b> = BTreeMap<(Family, On, &'b str), Vec<(usize, usize)>>;

/// Rules by the paths that they wait for.
struct Matcher<'b> {
    rules: Vec<Rule<'b>>,
    by_path: ByPath<'b>,
    /// What rules over texts look for first; several look for the same.
    needles: Vec<Finder<'b>>,
    used: Used<'b>,
    again: Again<'b>,
    beside: BTreeSet<&'b str>,
}

/// Calls by the function that they stand in and what they call.
type Again<'b> = BTreeMap<(FileId, Option<FuncRef>, &'b str), Vec<&'b CallFact>>;

/// Which of the paths that excuse something are used in which function.
type Used<'b> = BTreeSet<(FileId, Option<FuncRef>, &'b str)>;

impl<'b> Matcher<'b> {
    fn new(project: &Project, book: &'b RuleBook, facts: &'b Facts, families: &BTreeSet<Family>) -> Self {
        let mut by_path: ByPath<'b> = BTreeMap::new();
        let mut rules = Vec::new();
        let mut needles: Vec<Finder<'b>> = Vec::new();
        for (at, written) in book.misuse.iter().enumerate() {
            let family = family_of(&written.language);
            if !families.contains(&family) {
                rules.push(Rule { written, hits: Vec::new() });
                continue;
            }
            for (hit_at, hit) in written.matches.iter().enumerate() {
                let on = match hit.on.as_deref() {
                    Some("read") => On::Read,
                    Some("assign") => On::Assign,
                    Some("map") => On::Map,
                    Some("compare") => On::Compare,
                    Some("assert") => On::Assert,
                    Some("regex") => On::Regex,
                    Some("search") => On::Search,
                    Some("prefix") => On::Prefix,
                    Some("text") => On::Text,
                    _ => On::Call,
                };
                for path in &hit.paths {
                    by_path.entry((family, on, path)).or_default().push((at, hit_at));
                }
                if hit.paths.is_empty() {
                    by_path.entry((family, on, "")).or_default().push((at, hit_at));
                }
            }
            let mut known = |needed: &'b String| {
                let at = needles.iter().position(|needle| needle.needle() == needed.as_bytes());
                at.unwrap_or_else(|| {
                    needles.push(Finder::new(needed));
                    needles.len() - 1
                })
            };
            let compile = |hit: &'b MisuseMatch| Hit {
                needs: hit.needs.iter().map(&mut known).collect(),
                written: hit,
                conditions: CompiledCondition::all(&hit.when),
                purpose: hit.purpose.as_deref().map(Pattern::read),
                not_purpose: hit.not_purpose.as_deref().map(Pattern::read),
                not_under: hit.not_under.as_deref().map(Pattern::read),
                not_in_file: hit.not_in_file.as_deref().map(Pattern::read),
            };
            rules.push(Rule { written, hits: written.matches.iter().map(compile).collect() });
        }
        let (used, again) = (used(book, facts), called(book, facts));
        Self { rules, by_path, needles, used, again, beside: beside::called(project, book, facts) }
    }

    /// Whether the same function calls the same thing in a way that a match's conditions do not mind.
    fn looked_first(&self, hit: &Hit<'_>, call: &CallFact) -> bool {
        let minds = |other: &CallFact| hit.conditions.iter().all(|condition| condition.holds(other));
        hit.written.unless_again
            && hit.written.paths.iter().any(|path| {
                let calls = self.again.get(&(call.place.file, call.inside, path.as_str()));
                calls.into_iter().flatten().any(|other| other.span.start > call.span.end && !minds(other))
            })
    }

    /// Whether the calls that would make a use harmful are all there and get constants only.
    fn fed_constants(&self, hit: &Hit<'_>, call: &CallFact) -> bool {
        let calls: Vec<&CallFact> = hit
            .written
            .unless_constant
            .iter()
            .filter_map(|path| self.again.get(&(call.place.file, call.inside, path.as_str())))
            .flatten()
            .copied()
            .collect();
        let constant = |other: &&CallFact| other.args.first().is_some_and(|arg| is_constant(&arg.value));
        !calls.is_empty() && calls.iter().all(constant)
    }

    /// Whether something in the same function makes a use harmless.
    fn excused(&self, project: &Project, hit: &Hit<'_>, file: FileId, inside: Option<FuncRef>, span: Span) -> bool {
        hit.written.unless.iter().any(|path| self.used.contains(&(file, inside, path.as_str())))
            || hit.written.not_beside.iter().any(|path| self.beside.contains(path.as_str()))
            || hit.not_under.as_ref().is_some_and(|not| names::around(project, file, inside, span, not))
            || hit.not_in_file.as_ref().is_some_and(|not| not.is_match(project.file(file).source.text()))
    }

    /// Whether what a match minds was written elsewhere in the function, where something makes it harmless:
    /// `if (!options.strictSSL) agent.rejectUnauthorized = false`.
    fn chosen(project: &Project, hit: &Hit<'_>, call: &CallFact) -> bool {
        let (Some(not), Some(condition)) = (&hit.not_under, hit.conditions.first()) else { return false };
        // `if not tls_verify: tls_verify = CERT_NONE`, and then `Tls(validate=tls_verify)`
        let variable = call.argument(&condition.arg).into_iter().find_map(|value| names::variable(project, value));
        if let Some(name) = variable {
            return names::written_under(project, call, name, not);
        }
        let ((Some(Segment::Member(key)), _) | (None, ArgBase::Keyword(key) | ArgBase::Either(_, key))) =
            (condition.arg.tail.last(), &condition.arg.base)
        else {
            return false;
        };
        names::written_under(project, call, key, not)
    }

    /// The first match of each rule that waits for one of the paths and passes the test.
    fn first_hits<'p>(
        &self,
        family: Family,
        on: On,
        paths: impl Iterator<Item = &'p str>,
        test: impl Fn(&Hit<'b>) -> bool,
    ) -> Vec<Matched<'_, 'b, 'p>> {
        let mut candidates: Vec<((usize, usize), &str)> = Vec::new();
        for path in paths {
            let waiting = self.by_path.get(&(family, on, path)).into_iter().flatten();
            candidates.extend(waiting.map(|at| (*at, path)));
        }
        candidates.sort_unstable();
        let mut found: Vec<Matched<'_, 'b, 'p>> = Vec::new();
        let mut done = None;
        for ((rule_at, hit_at), path) in candidates {
            let (Some(rule), false) = (self.rules.get(rule_at), done == Some(rule_at)) else { continue };
            let Some(hit) = rule.hits.get(hit_at) else { continue };
            if hit.conditions.len() == hit.written.when.len() && test(hit) {
                done = Some(rule_at);
                found.push((rule, hit, path));
            }
        }
        found
    }

    fn call(&self, project: &Project, call: &CallFact, findings: &mut Vec<Finding>) {
        let family = project.file(call.place.file).family;
        let purposes = purposes(project, call);
        let later = OnceCell::new();
        let defaulted = names::with_defaults(project, call);
        let fits = |hit: &Hit<'_>, call: &CallFact| {
            hit.conditions.iter().all(|condition| {
                condition.holds(call) && names::hold(project, condition, &call.argument(&condition.arg))
            })
        };
        let test = |hit: &Hit<'_>| {
            (fits(hit, call) || defaulted.as_ref().is_some_and(|call| fits(hit, call)))
                && !is_number(hit, &purposes)
                && (serves(hit, &purposes)
                    || hit.purpose.is_some()
                        && !is_harmless(hit, &purposes)
                        && serves(hit, later.get_or_init(|| beside::later(project, call))))
                && !self.excused(project, hit, call.place.file, call.inside, call.span)
                && !Self::chosen(project, hit, call)
                && !self.looked_first(hit, call)
                && !self.fed_constants(hit, call)
        };
        for (rule, hit, path) in self.first_hits(family, On::Call, call.paths.iter().map(AsRef::as_ref), test) {
            let spoken_of = hit.written.when.first().and_then(|condition| ArgPath::parse(&condition.arg).ok());
            let argument = spoken_of.and_then(|path| call.argument(&path).first().map(|value| value.span));
            if confidence(rule.written, path) == Confidence::Low && is_packed(project, call) {
                continue;
            }
            report(project, call.place.file, call.span, rule.written, hit.written, path, argument, findings);
        }
    }

    fn read(&self, project: &Project, read: &ReadFact, findings: &mut Vec<Finding>) {
        let family = project.file(read.place.file).family;
        let test = |hit: &Hit<'_>| {
            serves(hit, &read.purpose)
                && hit.conditions.is_empty()
                && !self.excused(project, hit, read.place.file, read.inside, read.span)
        };
        for (rule, hit, path) in self.first_hits(family, On::Read, read.paths.iter().map(AsRef::as_ref), test) {
            report(project, read.place.file, read.span, rule.written, hit.written, path, None, findings);
        }
    }

    fn assign(&self, project: &Project, assign: &AssignFact, findings: &mut Vec<Finding>) {
        let family = project.file(assign.file).family;
        let mut value = assign.value.clone();
        value.expr = value.expr.or_else(|| names::assigned_at(project, assign));
        let on = if is_map(assign) { On::Map } else { On::Assign };
        let spreads = on == On::Map && holds_more(project, assign);
        let values = |condition: &CompiledCondition| -> Vec<&FactValue> {
            match &condition.arg.base {
                ArgBase::Receiver => assign.receiver.iter().flat_map(|value| value.at(&condition.arg.tail)).collect(),
                _ => value.at(&condition.arg.tail),
            }
        };
        let test = |hit: &Hit<'_>| {
            hit.conditions.iter().all(|condition| {
                let values = values(condition);
                condition.holds_for(&values, spreads) && names::hold(project, condition, &values)
            }) && !self.excused(project, hit, assign.file, assign.inside, assign.span)
        };
        for (rule, hit, path) in self.first_hits(family, on, assign.paths.iter().map(AsRef::as_ref), test) {
            let value = assign.value.span;
            let known = value.end > value.start && on == On::Assign;
            let argument = known.then_some(value);
            let span = if known { assign.span.cover(value) } else { assign.span };
            report(project, assign.file, span, rule.written, hit.written, path, argument, findings);
        }
    }
}

/// A map literal that has a key which a rule waits for.
fn is_map(assign: &AssignFact) -> bool {
    assign.paths.iter().any(|path| path.starts_with("#map."))
}

/// Whether a map literal takes in others, so that a key may be there without being seen.
fn holds_more(project: &Project, assign: &AssignFact) -> bool {
    let Some(place) = assign.value.expr else { return true };
    match &project.file(place.file).tree.expr(place.expr).kind {
        ExprKind::Map { entries } => entries.iter().any(|entry| !matches!(entry.key, Some(Key::Static(..)))),
        _ => true,
    }
}

fn family_of(language: &str) -> Family {
    if language == "python" { Family::Python } else { Family::JavaScript }
}

/// Whether a call stands in a line that no person wrote: bundled or minified code, which a guess says nothing about.
fn is_packed(project: &Project, call: &CallFact) -> bool {
    const LONGEST: usize = 500;
    let text = project.file(call.place.file).source.text();
    let (head, tail) = text.split_at_checked(call.span.start as usize).unwrap_or((text, ""));
    let before = head.len() - head.rfind('\n').map_or(0, |at| at + 1);
    before + tail.find('\n').unwrap_or(tail.len()) > LONGEST
}

/// Names that tell what a call is for: those that its result is bound to, what is handed in (`md5(password)`), and what
/// follows it in a chain (`createHash("md5").update(password)`).
fn purposes(project: &Project, call: &CallFact) -> Vec<String> {
    const MOST: usize = 80;
    let source = &project.file(call.place.file).source;
    // How long or how late something is, is no secret, whatever it is.
    let measured = call.purpose.first().is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        // React's keys tell elements apart.
        let element = name == "key" && [".jsx", ".tsx"].iter().any(|end| source.path().ends_with(end));
        element
            || [
                "length", "len", "size", "count", "delay", "timeout", "duration", "seconds", "minutes", "jitter",
                "sleep",
            ]
            .iter()
            .any(|word| name.ends_with(word))
    });
    let mut names = if measured { Vec::new() } else { call.purpose.clone() };
    // Between which bounds a number is drawn says nothing of what it is for.
    let drawn = |path: &str| ["randrange", "randint", "uniform"].iter().any(|name| path.ends_with(name));
    if !call.paths.iter().any(|path| drawn(path)) {
        names.extend(call.args.iter().map(|arg| shortened(source.slice(arg.value.span))));
    }
    let rest = source.text().get(call.span.end as usize..).unwrap_or_default();
    let mut lines = rest.lines();
    let first = lines.next().unwrap_or_default();
    let more = lines.map(str::trim).take_while(|line| line.starts_with('.'));
    let chain: String = std::iter::once(first).chain(more).take(3).collect();
    if chain.trim_start().starts_with('.') {
        names.push(chain.split(';').next().unwrap_or_default().chars().take(MOST).collect());
    }
    names
}

/// Whether one of the names that tell what a value is for is the one that makes it harmful.
fn serves(hit: &Hit<'_>, purpose: &[String]) -> bool {
    let harmless = |name: &str| hit.not_purpose.as_ref().is_some_and(|not| not.is_match(name));
    match &hit.purpose {
        Some(wanted) => purpose.iter().any(|name| wanted.is_match(name) && !harmless(name)),
        None => hit.written.purpose.is_none() && !purpose.iter().any(|name| harmless(name)),
    }
}

/// `request_id = str(uuid1())`: what a value is called where it is made says it for all its later uses.
fn is_harmless(hit: &Hit<'_>, purpose: &[String]) -> bool {
    let said = purpose.first();
    said.is_some_and(|name| hit.not_purpose.as_ref().is_some_and(|not| not.is_match(name)))
}

/// `const requestId = Math.random()` in `hashPassword`: what it is called says more than where it is made.
fn is_number(hit: &Hit<'_>, purpose: &[String]) -> bool {
    is_harmless(hit, purpose) && purpose.first().is_some_and(|name| name.to_ascii_lowercase().ends_with("id"))
}

/// Where the paths that matches name in `unless` are used.
fn used<'b>(book: &'b RuleBook, facts: &'b Facts) -> Used<'b> {
    let wanted: BTreeSet<&str> =
        book.misuse.iter().flat_map(|rule| &rule.matches).flat_map(|hit| &hit.unless).map(String::as_str).collect();
    let mut used = Used::new();
    let calls = facts.calls.iter().map(|call| (call.place.file, call.inside, &call.paths));
    let reads = facts.reads.iter().map(|read| (read.place.file, read.inside, &read.paths));
    for (file, inside, paths) in calls.chain(reads) {
        used.extend(
            paths.iter().filter(|path| wanted.contains(path.as_ref())).map(|path| (file, inside, path.as_ref())),
        );
    }
    used
}

/// The calls that matches with `unless_again` and `unless_constant` look for, by function.
fn called<'b>(book: &'b RuleBook, facts: &'b Facts) -> Again<'b> {
    let hits = book.misuse.iter().flat_map(|rule| &rule.matches);
    let again = |hit: &'b MisuseMatch| if hit.unless_again { hit.paths.as_slice() } else { &[] };
    let paths = hits.flat_map(|hit| again(hit).iter().chain(&hit.unless_constant));
    let wanted: BTreeSet<&str> = paths.map(String::as_str).collect();
    let mut found = Again::new();
    for call in &facts.calls {
        for path in call.paths.iter().filter(|path| wanted.contains(path.as_ref())) {
            found.entry((call.place.file, call.inside, path.as_ref())).or_default().push(call);
        }
    }
    found
}

#[allow(clippy::too_many_arguments)] // what a finding tells: where, of what rule, about what
fn report(
    project: &Project,
    file: FileId,
    span: Span,
    rule: &MisuseRule,
    hit: &MisuseMatch,
    path: &str,
    argument: Option<Span>,
    findings: &mut Vec<Finding>,
) {
    let info = project.file(file);
    if rule.not_in_tests && matches!(info.context, CodeContext::Test | CodeContext::Example) {
        return;
    }
    let source = &info.source;
    let location: Location = source.locate(span);
    let severity = hit.severity.as_ref().unwrap_or(&rule.severity).parse().unwrap_or(Severity::Medium);
    // What a test or an example does wrong harms nobody by itself.
    let severity = match info.context {
        CodeContext::Test | CodeContext::Example => severity.min(Severity::Medium),
        _ => severity,
    };
    let argument = argument.map(|span| shortened(source.slice(span))).unwrap_or_default();
    let message = rule.message.replace("{call}", &readable(path)).replace("{arg}", &argument);
    let mut finding = Finding::at(location, format!("misuse/{}-{}", rule.language, rule.id), severity)
        .confidence(confidence(rule, path))
        .title(&rule.title)
        .message(message)
        .remedy(rule.remedy.trim())
        .cwe(rule.cwe.iter().copied())
        .owasp(&rule.owasp)
        .done(source.slice(span));
    finding.context = info.context;
    findings.push(finding);
}

/// The rule's confidence, and no more than medium where the receiver was only guessed.
fn confidence(rule: &MisuseRule, path: &str) -> Confidence {
    let own = match rule.confidence.as_str() {
        "low" => Confidence::Low,
        "medium" => Confidence::Medium,
        _ => Confidence::High,
    };
    if path.starts_with('?') { own.min(Confidence::Medium) } else { own }
}

/// An access path as a reader of code would write it.
fn readable(path: &str) -> String {
    let path = path.strip_prefix("#map.").unwrap_or(path);
    let path = path.strip_prefix("globalThis.").or_else(|| path.strip_prefix("builtins.")).unwrap_or(path);
    path.strip_prefix("?.").unwrap_or(path).replace(['<', '>', '\''], "")
}

/// The first line of a text, clipped.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests {
    use super::*;

    /// Runs every folder under `fixtures/misuse`: `expected.json` lists `file:line rule severity`.
    #[test]
    fn fixtures_give_what_they_expect() {
        fixture::each("misuse", |flow, project| {
            let findings = analyse(project, &flow.facts, crate::model::built_in());
            let line = |finding: &Finding| format!("{} {} {}", finding.location, finding.rule, finding.severity);
            findings.iter().map(line).collect()
        });
    }

    #[test]
    fn guesses_about_packed_code_are_not_told() {
        let count = |text: String| {
            let (flow, project) = fixture::run(&[fixture::parse("loader.js", &text).unwrap()]);
            analyse(&project, &flow.facts, crate::model::built_in()).len()
        };
        assert_eq!(count("const run = (text) => eval(text);\n".to_owned()), 1);
        assert_eq!(count(format!("const run = (text) => eval(text);{}\n", "f();".repeat(200))), 0);
    }

    #[test]
    fn paths_read_like_code() {
        assert_eq!(readable("<requests.Session>.get"), "requests.Session.get");
        assert_eq!(readable("?.set_cookie"), "set_cookie");
        assert_eq!(readable("globalThis.Math.random"), "Math.random");
        assert_eq!(readable("'socket.io'.Server"), "socket.io.Server");
        assert_eq!(shortened("a\nb"), "a");
        assert_eq!(shortened(&"ü".repeat(100)).chars().count(), 61);
    }
}
