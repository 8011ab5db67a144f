//! Edits for findings in code: only those that are right wherever their rule reports. Each is made from the tree of the
//! file, so that what it replaces is the argument or name that is meant; where the form is another one, none is offered.
//!
//! Left out on purpose: what needs an import, a value that only the project knows (a key, a host, a sanitizer), or a
//! decision. Findings that carry edits of their own (`Finding::fixes`) are taken as they are.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Change, Kind, State};
use crate::base::{Applicability, Edit, Finding, SourceFile, Span};
use crate::document::Document;
use crate::frontend;
use crate::syntax::{Arg, Expr, ExprKind, Key, Literal, Spread, Tree};
use crate::workspace::classify;

/// The rules whose findings are edited, with what is done and whether it may be done unread.
pub const RULES: [(&str, &str, Applicability); 5] = [
    ("misuse/python-unsafe-yaml-load", "load only plain data", Applicability::Safe),
    ("misuse/python-tls-verification-disabled", "check the certificate", Applicability::NeedsReview),
    ("misuse/javascript-tls-verification-disabled", "check the certificate", Applicability::NeedsReview),
    ("misuse/python-request-without-timeout", "give up after 30 seconds", Applicability::NeedsReview),
    ("misuse/python-debugger-exposed", "switch the debugger off", Applicability::NeedsReview),
];

/// Seconds that a request without a limit gets.
const TIMEOUT: u32 = 30;

/// The changes of code that are on offer.
pub(super) fn changes(
    document: &Document,
    read: &dyn Fn(&str) -> Option<Arc<SourceFile>>,
    review: bool,
) -> Vec<Change> {
    let mut files: FxHashMap<&str, Option<(Arc<SourceFile>, Tree)>> = FxHashMap::default();
    let mut changes = Vec::new();
    for finding in document.findings.iter().filter(|finding| finding.is_active()) {
        if let Some(fix) = finding.fixes.first() {
            changes.push(change(finding, &fix.title, fix.applicability, fix.edits.clone(), review));
            continue;
        }
        let Some((_, title, applicability)) = RULES.iter().find(|(rule, ..)| *rule == finding.rule) else { continue };
        let path = finding.location.path.as_str();
        let parsed = files.entry(path).or_insert_with(|| {
            let (file, language) = (read(path)?, classify::roles(path).language?);
            let (tree, problems) = frontend::of(path)?.parse(&file, language);
            // Of a file that was read in part only, places are not sure.
            problems.is_empty().then_some((file, tree))
        });
        let Some((file, tree)) = parsed else { continue };
        let edits = edits(finding, file, tree);
        if !edits.is_empty() {
            changes.push(change(finding, title, *applicability, edits, review));
        }
    }
    changes
}

fn change(finding: &Finding, title: &str, applicability: Applicability, edits: Vec<Edit>, review: bool) -> Change {
    let held = applicability == Applicability::NeedsReview && !review;
    Change {
        kind: Kind::Code,
        rule: finding.rule.clone(),
        title: title.to_owned(),
        location: finding.location.clone(),
        ecosystem: None,
        package: None,
        from: None,
        to: None,
        advisories: Vec::new(),
        unfixed: Vec::new(),
        applicability,
        state: if held { State::NeedsReview } else { State::Verified },
        reason: if held { "it may change what works".to_owned() } else { String::new() },
        blocked_by: Vec::new(),
        edits: if held { Vec::new() } else { edits },
        commands: Vec::new(),
        fingerprint: finding.fingerprint.clone(),
    }
}

fn edits(finding: &Finding, file: &SourceFile, tree: &Tree) -> Vec<Edit> {
    let here = |expr: &&Expr| {
        let place = file.locate(expr.span);
        let at = &finding.location;
        (place.line, place.column, place.end_line, place.end_column) == (at.line, at.column, at.end_line, at.end_column)
    };
    let mut calls = tree.exprs().map(|(_, expr)| expr).filter(|expr| matches!(expr.kind, ExprKind::Call { .. }));
    let Some(Expr { span, kind: ExprKind::Call { callee, args, .. } }) = calls.find(here) else { return Vec::new() };
    let call = Call { file, tree, callee: tree.expr(*callee), args, span: *span };
    let found = match finding.rule.as_str() {
        "misuse/python-unsafe-yaml-load" => call.yaml(),
        "misuse/python-tls-verification-disabled" => {
            call.without("verify").or_else(|| call.without("ssl")).or_else(|| call.without("verify_ssl"))
        }
        "misuse/python-request-without-timeout" => call.with_timeout(),
        "misuse/python-debugger-exposed" => call.keyword("debug", "False"),
        "misuse/javascript-tls-verification-disabled" => call.entry("rejectUnauthorized", "true"),
        _ => None,
    };
    found.into_iter().collect()
}

/// A call in its file.
struct Call<'a> {
    file: &'a SourceFile,
    tree: &'a Tree,
    callee: &'a Expr,
    args: &'a [Arg],
    span: Span,
}

impl Call<'_> {
    fn replace(&self, span: Span, replacement: &str) -> Option<Edit> {
        let inside = self.span.contains(span);
        inside.then(|| Edit { location: self.file.locate(span), span, replacement: replacement.to_owned() })
    }

    fn named(&self, keyword: &str) -> Option<(usize, &Arg)> {
        self.args.iter().enumerate().find(|(_, arg)| arg.name.is_some_and(|name| self.tree.text(name) == keyword))
    }

    fn is(&self, arg: &Arg, value: bool) -> bool {
        matches!(self.tree.expr(arg.value).kind, ExprKind::Literal(Literal::Bool(found)) if found == value)
    }

    /// `yaml.load(x)` → `yaml.safe_load(x)`; of a loader that is named by its module, the safe one.
    fn yaml(&self) -> Option<Edit> {
        let ExprKind::Member { name, name_span, object, .. } = self.callee.kind else { return None };
        // `ruamel.yaml` has no such functions any more.
        if self.file.slice(self.tree.expr(object).span) != "yaml" {
            return None;
        }
        let function = self.tree.text(name);
        let loader = self.named("Loader").map(|(_, arg)| arg).or_else(|| self.args.get(1));
        match (function, loader) {
            ("load" | "load_all", Some(loader)) if loader.spread == Spread::No => {
                let ExprKind::Member { name, name_span, .. } = self.tree.expr(loader.value).kind else { return None };
                let fast = self.tree.text(name).starts_with('C');
                self.replace(name_span, if fast { "CSafeLoader" } else { "SafeLoader" })
            }
            ("load" | "full_load" | "unsafe_load", None) => self.replace(name_span, "safe_load"),
            ("load_all" | "full_load_all" | "unsafe_load_all", None) => self.replace(name_span, "safe_load_all"),
            _ => None,
        }
    }

    /// The call without `keyword=False`, and without the comma that belongs to it.
    fn without(&self, keyword: &str) -> Option<Edit> {
        let (at, arg) = self.named(keyword).filter(|(_, arg)| self.is(arg, false))?;
        let value = self.tree.expr(arg.value).span;
        let text = self.file.text();
        let head = text.get(self.span.start as usize..value.start as usize)?;
        let start = self.span.start as usize + head.rfind(keyword)?;
        let between = text.get(start + keyword.len()..value.start as usize)?;
        if between.trim() != "=" {
            return None;
        }
        let before = text.get(self.span.start as usize..start)?.trim_end();
        let after = text.get(value.end as usize..self.span.end as usize)?;
        let gap = after.len() - after.trim_start().len();
        let span = if at > 0 && before.ends_with(',') {
            self.span.start as usize + before.len() - 1..value.end as usize
        } else if after.trim_start().starts_with(',') {
            let rest = &after[gap + 1..];
            let space = rest.len() - rest.trim_start_matches(' ').len();
            start..value.end as usize + gap + 1 + space
        } else {
            start..value.end as usize
        };
        self.replace(Span::from_range(span), "")
    }

    fn keyword(&self, keyword: &str, value: &str) -> Option<Edit> {
        let (_, arg) = self.named(keyword).filter(|(_, arg)| self.is(arg, true))?;
        self.replace(self.tree.expr(arg.value).span, value)
    }

    fn with_timeout(&self) -> Option<Edit> {
        let spread = self.args.iter().any(|arg| arg.spread != Spread::No);
        if spread || self.named("timeout").is_some() {
            return None;
        }
        let last = self.tree.expr(self.args.last()?.value).span;
        let rest = self.file.text().get(last.end as usize..self.span.end as usize)?;
        // A comment or a bracket of the value itself may follow: then the form is not simple.
        let simple = rest.trim_end_matches(')').trim().trim_start_matches(',').trim().is_empty() && rest.ends_with(')');
        if !simple || rest.matches(')').count() != 1 {
            return None;
        }
        self.replace(Span::at(last.end), &format!(", timeout={TIMEOUT}"))
    }

    /// `key: false` of an object that is an argument, or inside one.
    fn entry(&self, key: &str, value: &str) -> Option<Edit> {
        let entries = self.tree.exprs().filter(|(_, expr)| self.span.contains(expr.span)).filter_map(|(_, expr)| {
            let ExprKind::Map { entries } = &expr.kind else { return None };
            entries.iter().find(|entry| matches!(entry.key, Some(Key::Static(name, _)) if self.tree.text(name) == key))
        });
        let found: Vec<_> = entries.collect();
        let [only] = found.as_slice() else { return None };
        let expr = self.tree.expr(only.value);
        let off = matches!(expr.kind, ExprKind::Literal(Literal::Bool(false)));
        off.then(|| self.replace(expr.span, value)).flatten()
    }
}
