//! Weaknesses by data flow: the engine's hits judged by the taint rules.
//!
//! `crate::flow` tells which source reaches which sink; here a rule decides whether that is a weakness and how bad it is,
//! and the way from source to sink is put into words. One sink with several sources is one finding.

use std::collections::BTreeMap;

use crate::base::{CodeContext, Confidence, Finding, Location, Problem, Severity, Span, StepKind, TraceStep};
use crate::flow::facts::{Facts, FileId};
use crate::flow::summary::Hit;
use crate::flow::value::{Did, Step};
use crate::flow::{self, Project};
use crate::model::index::{Family, Index};
use crate::model::schema::{RuleBook, SINK_KINDS, SOURCE_KINDS, TaintRule};

pub use crate::flow::Limits;

/// How many other sources of a finding are told.
const MAX_RELATED: usize = 5;

/// From so many steps on a way is less sure than its steps: each may be the wrong one.
const LONG_WAY: usize = 18;

/// From so many steps on it is a guess.
const VERY_LONG_WAY: usize = 26;

/// From so many functions on that a way goes into or comes out of, one of them may have seen to it out of sight.
const DEEP: usize = 4;

/// The same where an object holds the value meanwhile: which object a method is called on is less sure than which function.
const DEEP_IN_OBJECT: usize = 2;

/// How far before an argument the name of what is called is looked for.
const CALL_BEFORE: usize = 400;

/// So many guesses is what a signature proves that was made by somebody known.
const SIGNED: u8 = 2;

/// From so many guesses on it is hardly so.
const HARDLY: u8 = 6;

/// What the analysis of a project gives.
#[derive(Debug, Default)]
pub struct Analysis {
    /// Hits, by file and position.
    pub findings: Vec<Finding>,
    /// What was not followed.
    pub problems: Vec<Problem>,
    /// What was learnt of single places, for misuse rules and endpoints.
    pub facts: Facts,
}

/// Follows data through a project and judges what it finds.
#[must_use]
pub fn analyse(project: &Project, book: &RuleBook, limits: &Limits) -> Analysis {
    analyse_with(project, book, &Index::new(book), limits)
}

/// The same with the index of the book, for those who look at many projects.
#[must_use]
pub fn analyse_with(project: &Project, book: &RuleBook, index: &Index, limits: &Limits) -> Analysis {
    let flow = flow::analyse(project, index, limits);
    let findings = judge(project, index, book, &flow.hits, &flow.facts);
    Analysis { findings, problems: flow.problems, facts: flow.facts }
}

/// A rule and a place: one finding each.
type Key = (FileId, Span, usize);

fn judge(project: &Project, index: &Index, book: &RuleBook, hits: &[Hit], facts: &Facts) -> Vec<Finding> {
    let mut groups: BTreeMap<Key, Vec<(Severity, &Hit)>> = BTreeMap::new();
    let cleaned = cleaned_by_middleware(book, facts);
    for hit in hits {
        let sink = SINK_KINDS[index.sinks[hit.sink as usize].kind as usize];
        let source = SOURCE_KINDS[index.sources[hit.source as usize].kind as usize];
        if source.starts_with("request-") && cleaned.iter().any(|kind| *kind == sink || *kind == "*") {
            continue;
        }
        for (at, rule) in book.taint.iter().enumerate() {
            if rule.sinks.iter().any(|kind| kind == sink)
                && let Some(severity) = severity(rule, source)
            {
                if sink == "xss" && turned_back(project, hit) {
                    continue;
                }
                let (sure, way) = (confidence(project, index, hit), inferred(project, hit));
                let severity = weighed(severity, sure, way, hit.guessed);
                let narrow = sink == "path" && severity > Severity::Medium && names_file(project, hit);
                let severity = if narrow { Severity::Medium } else { severity };
                groups.entry((hit.file, hit.span, at)).or_default().push((severity, hit));
            }
        }
    }
    let mut findings = Vec::with_capacity(groups.len());
    for ((_, _, rule), mut hits) in groups {
        // That a parameter reaches it too says nothing where a real source does.
        if hits.iter().any(|(_, hit)| hit.source != index.parameter) {
            hits.retain(|(_, hit)| hit.source != index.parameter);
        }
        hits.sort_by(|(severity, hit), (other, than)| {
            let rank = |hit: &Hit| (hit.guessed, hit.steps.len(), hit.source_file, hit.source_span, hit.sink);
            other.cmp(severity).then_with(|| rank(hit).cmp(&rank(than)))
        });
        hits.dedup_by_key(|(_, hit)| (hit.source_file, hit.source_span));
        findings.push(finding(project, index, &book.taint[rule], &hits));
    }
    findings
}

/// The kinds of sink that middleware in use makes requests safe for.
fn cleaned_by_middleware<'a>(book: &'a RuleBook, facts: &Facts) -> Vec<&'a str> {
    let sanitizers = book.models.iter().flat_map(|model| &model.sanitizers).filter(|sanitizer| sanitizer.app_wide);
    let used = |path: &String| facts.calls.iter().any(|call| call.paths.iter().any(|known| **known == **path));
    sanitizers
        .filter(|sanitizer| sanitizer.paths.iter().any(used))
        .flat_map(|sanitizer| sanitizer.clears.iter().map(String::as_str))
        .collect()
}

/// The severity of a rule for a source kind; `request-*` stands for every kind that begins so.
fn severity(rule: &TaintRule, source: &str) -> Option<Severity> {
    let exact = rule.sources.get(source);
    let found = exact.or_else(|| {
        let prefixes =
            rule.sources.iter().filter_map(|(key, severity)| key.strip_suffix('*').map(|key| (key, severity)));
        prefixes
            .filter(|(key, _)| source.starts_with(key))
            .max_by_key(|(key, _)| key.len())
            .map(|(_, severity)| severity)
    });
    found?.parse().ok()
}

/// A guess is worth a level less: what cries `high` must be worth looking at, so it is not what was inferred on the way.
fn weighed(severity: Severity, confidence: Confidence, inferred: Confidence, guessed: u8) -> Severity {
    match (confidence, severity) {
        (Confidence::Low, severity) if guessed >= HARDLY => severity.min(Severity::Low),
        (Confidence::Low, Severity::Critical | Severity::High) => Severity::Medium,
        (_, Severity::Critical | Severity::High) if inferred == Confidence::Medium => Severity::Medium,
        (Confidence::Low, Severity::Medium) => Severity::Low,
        (Confidence::Low, Severity::Low) => Severity::Info,
        // Where it harms only sometimes.
        (Confidence::Medium, Severity::Critical) => Severity::High,
        _ => severity,
    }
}

/// `Markup(text).unescape()`, `Markup(text).striptags()`: plain text again, whatever it was marked as.
fn turned_back(project: &Project, hit: &Hit) -> bool {
    let text = project.file(hit.file).source.text();
    let rest = text.get(hit.span.end as usize..).unwrap_or_default();
    let rest = rest.trim_start_matches(')').trim_start();
    [".unescape()", ".striptags()"].iter().any(|back| rest.starts_with(back))
}

/// Whether a path ends in a file that is named there: `path.join(root, area, "openapi.yaml")`. Whoever leaves the folder
/// comes to files by that name only.
fn names_file(project: &Project, hit: &Hit) -> bool {
    hit.steps.iter().any(|step| {
        let joins = match step.did {
            Did::Through(function) => matches!(project.names.text(function), "join" | "resolve"),
            Did::Joined => true,
            _ => false,
        };
        joins && ends_in_name(project.file(step.file).source.slice(step.span))
    })
}

/// `…, "openapi.yaml")`, `` `${folder}/index.html` ``.
fn ends_in_name(written: &str) -> bool {
    let written = written.trim_end().trim_end_matches([')', ',']).trim_end();
    let Some(inner) = written.strip_suffix(['"', '\'', '`']) else { return false };
    let name = inner.rsplit(['"', '\'', '`', '/', '}', ' ']).next().unwrap_or_default();
    let before = inner.strip_suffix(name).unwrap_or_default();
    let stem = name.split_once('.').map_or("", |(stem, _)| stem);
    let whole = before.ends_with('/') || before.trim_end_matches(['"', '\'', '`']).trim_end().ends_with(',');
    whole && stem.len() > 1 && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_'))
}

/// How sure the way is: it is less so the more of it was guessed, and the longer it is.
fn inferred(project: &Project, hit: &Hit) -> Confidence {
    let long = match hit.steps.len() {
        0..LONG_WAY => 0,
        LONG_WAY..VERY_LONG_WAY => 1,
        _ => 3,
    };
    // What tests send is hardly what users send.
    let tried = match (project.file(hit.source_file).context, project.file(hit.file).context) {
        (CodeContext::Test, CodeContext::Production) => 3,
        _ => 0,
    };
    let proved = if is_signed(project, hit) { SIGNED } else { 0 };
    match hit.guessed.saturating_add(long.max(deep(project, hit)) + tried + proved) {
        0 => Confidence::High,
        1 | 2 => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// Whether a function on the way compares a digest of what came in with a signature: it is the sender's whom both know.
fn is_signed(project: &Project, hit: &Hit) -> bool {
    let checks = |function| {
        let place = project.function(function).place;
        let file = project.file(place.file);
        let text = file.source.slice(file.tree.function(place.function).span);
        let digest = text.contains("createHmac") || text.contains("hmac.new(");
        digest && (text.contains("timingSafeEqual") || text.contains("compare_digest"))
    };
    let returned = hit.steps.iter().filter_map(|step| match step.did {
        Did::Returned(function) => Some(function),
        _ => None,
    });
    returned.chain(hit.inside).any(checks)
}

/// Each function that a value passes may have seen to it in a way that is not known: many of them are a guess, and so is
/// one that is not called by its name.
fn deep(project: &Project, hit: &Hit) -> u8 {
    let made = |function| matches!(project.function_name(function), "__init__" | "constructor");
    let name = |name| project.names.text(name);
    let (mut passed, mut held, mut renamed) = (0, false, false);
    for step in &hit.steps {
        match step.did {
            Did::Passed(function) => {
                passed += 1;
                renamed |= !is_named(project, step, project.function_name(function), CALL_BEFORE);
            }
            Did::Returned(function) => {
                passed += 1;
                held |= made(function);
                renamed |= !is_named(project, step, project.function_name(function), 0);
            }
            Did::Kept(_) => held = true,
            Did::Assigned(variable) => held |= matches!(name(variable), "self" | "this"),
            _ => {}
        }
    }
    u8::from(renamed || passed >= if held { DEEP_IN_OBJECT } else { DEEP })
}

/// Whether a call writes the name of the function that it is taken for: a function out of a table, a listener, or what a
/// decorator makes of another is hardly told for sure. `before`: how far before the place the name may stand.
fn is_named(project: &Project, step: &Step, name: &str, before: usize) -> bool {
    const CALLED: [&str; 8] =
        ["", "__init__", "constructor", "__call__", "__new__", "__getitem__", "__enter__", "default"];
    if CALLED.contains(&name) {
        return true;
    }
    let text = project.file(step.file).source.text();
    let from = text.floor_char_boundary((step.span.start as usize).saturating_sub(before));
    text.get(from..step.span.end as usize).is_none_or(|written| written.contains(name))
}

fn confidence(project: &Project, index: &Index, hit: &Hit) -> Confidence {
    let sink = match index.sinks[hit.sink as usize].confidence {
        0 => Confidence::Low,
        1 => Confidence::Medium,
        _ => Confidence::High,
    };
    inferred(project, hit).min(sink)
}

fn finding(project: &Project, index: &Index, rule: &TaintRule, hits: &[(Severity, &Hit)]) -> Finding {
    let (severity, hit) = hits[0];
    let file = project.file(hit.file);
    let family = match file.family {
        Family::Python => "python",
        Family::JavaScript => "javascript",
    };
    let location = file.source.locate(hit.span);
    let source = &index.sources[hit.source as usize].label;
    let sink = &index.sinks[hit.sink as usize].label;
    let message = capitalised(&rule.message.replace("{source}", source).replace("{sink}", sink));
    let function = hit.inside.map_or("", |function| project.function_name(function));
    let line = file.source.line_text(location.line).unwrap_or_default().to_owned();
    let mut builder = Finding::at(location, format!("taint/{family}-{}", rule.id), severity)
        .confidence(confidence(project, index, hit))
        .title(rule.title.clone())
        .message(message)
        .remedy(rule.remedy.trim().to_owned())
        .cwe(rule.cwe.iter().copied())
        .owasp(rule.owasp.iter().cloned())
        .trace(trace(project, index, hit));
    for (_, other) in hits.iter().skip(1).take(MAX_RELATED) {
        let label = &index.sources[other.source as usize].label;
        let place = project.file(other.source_file).source.locate(other.source_span);
        builder = builder.related(place, format!("{label} reaches it as well"));
    }
    let mut finding = builder.done(&format!("{function} {line}"));
    finding.context = file.context;
    finding
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The way in words, source first, sink last; steps at one place are told once.
fn trace(project: &Project, index: &Index, hit: &Hit) -> Vec<TraceStep> {
    let mut steps: Vec<TraceStep> = Vec::with_capacity(hit.steps.len() + 2);
    if !matches!(hit.steps.first(), Some(Step { did: Did::Source(_), .. })) {
        let place = locate(project, hit.source_file, hit.source_span);
        let message = format!("{} comes in", index.sources[hit.source as usize].label);
        steps.push(TraceStep { location: place, kind: StepKind::Source, message, code: String::new() });
    }
    // Names that a frontend made are told nobody.
    let made = |step: &&Step| !matches!(step.did, Did::Assigned(name) if project.names.text(name).starts_with("$$"));
    for step in hit.steps.iter().filter(made) {
        let (kind, message) = describe(project, index, step);
        let location = locate(project, step.file, step.span);
        if steps.last().is_some_and(|last| last.location == location && last.kind == kind) {
            continue;
        }
        steps.push(TraceStep { location, kind, message, code: String::new() });
    }
    let message = format!("it reaches {}", index.sinks[hit.sink as usize].label);
    let location = locate(project, hit.file, hit.span);
    steps.push(TraceStep { location, kind: StepKind::Sink, message, code: String::new() });
    steps
}

fn locate(project: &Project, file: FileId, span: Span) -> Location {
    project.file(file).source.locate(span)
}

fn describe(project: &Project, index: &Index, step: &Step) -> (StepKind, String) {
    let name = |name| project.names.text(name);
    match step.did {
        Did::Source(source) => (StepKind::Source, format!("{} comes in", index.sources[source as usize].label)),
        Did::Assigned(variable) if name(variable) == "[]" => {
            (StepKind::Propagator, "assigned to an element".to_owned())
        }
        Did::Assigned(variable) => (StepKind::Propagator, format!("assigned to `{}`", name(variable))),
        Did::Joined => (StepKind::Propagator, "joined with other text".to_owned()),
        Did::Through(function) if name(function).is_empty() => {
            (StepKind::Propagator, "passed through a call".to_owned())
        }
        Did::Through(function) => (StepKind::Propagator, format!("passed through `{}`", name(function))),
        Did::Passed(function) => (StepKind::Call, format!("passed to {}", called(project.function_name(function)))),
        Did::Returned(function) => {
            (StepKind::Return, format!("returned by {}", called(project.function_name(function))))
        }
        Did::Kept(field) => (StepKind::Propagator, format!("kept in `{}`", name(field))),
    }
}

fn called(name: &str) -> String {
    if name.is_empty() { "an anonymous function".to_owned() } else { format!("`{name}`") }
}

#[cfg(test)]
mod tests {
    use super::ends_in_name;

    #[test]
    fn paths_that_end_in_a_named_file_are_told() {
        for text in [
            r#"path.join(process.cwd(), "specs", area, "openapi.full.yaml")"#,
            r#"os.path.join(root, user, "avatar.png",)"#,
            "`${root}/${user}/index.html`",
        ] {
            assert!(ends_in_name(text), "{text}");
        }
        for text in [
            r"path.join(root, name)",
            r#"path.join(root, name + ".json")"#,
            r#"os.path.join(root, user, "files")"#,
            "`${root}/${name}.json`",
            "`${root}/${name}`",
        ] {
            assert!(!ends_in_name(text), "{text}");
        }
    }
}
