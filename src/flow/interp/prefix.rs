//! Guards on parts of texts: how they begin, and what they do not hold.

use super::super::value::{Did, Origin, Ref, Value};
use super::Interp;
use crate::model::index::{Kinds, kind_bit};
use crate::model::schema::SOURCE_KINDS;
use crate::syntax::{ExprId, ExprKind, PatternKind, StmtKind};

/// Stands for "does not begin with `//`" until it is known to begin with `/`.
const NOT_HOST: &str = "\u{3}";

/// Stands for "does not begin with `..`" of a path that was made normal, until it is known not to begin with a slash.
const NOT_UP: &str = "\u{5}";
/// Stands for the other way round.
const NOT_ABSOLUTE: &str = "\u{6}";

/// How many statements before a check are looked at.
const NEAR: usize = 1000;

impl Interp<'_> {
    /// `not target.startswith("//")`, `!relative.startsWith("..")`
    pub(super) fn begins_not(&mut self, object: ExprId, head: ExprId) {
        let head = self.eval_quiet_any(head);
        self.begins_one_of(object, head, false);
        // `".." + path.sep`
        let whole = self.constant_text(head);
        let constant = whole.is_some();
        let head = whole.unwrap_or_else(|| self.beginning(head).trim_end_matches(super::operator::UNKNOWN).to_owned());
        let value = self.eval_quiet(object);
        match head.as_str() {
            "//" | "/\\" if constant => {
                let own = self.values.refs(value.refs).iter().any(|one| match one {
                    Ref::Starts(name) => self.names.text(*name).starts_with('/'),
                    _ => false,
                });
                self.local_target(object, value, own, NOT_HOST);
            }
            _ if !goes_up(&head) => {}
            _ if self.went_through(value, &["relative", "relpath"]) => {
                self.clear_origins(value, kind_bit("path") | kind_bit("upload"));
            }
            _ if self.went_through(value, &["normalize", "normpath"]) => {
                self.noted_half(object, value, NOT_UP, NOT_ABSOLUTE, super::text::in_a_folder());
            }
            _ => {}
        }
    }

    /// `!path.isAbsolute(normal)`, `not os.path.isabs(normal)`
    pub(super) fn is_relative(&mut self, path: ExprId) {
        let value = self.eval_quiet(path);
        if self.went_through(value, &["normalize", "normpath"]) {
            self.noted_half(path, value, NOT_ABSOLUTE, NOT_UP, super::text::in_a_folder());
        }
    }

    /// `dest !== root && !dest.startsWith(root + sep)` in a helper that is given the folder.
    pub(super) fn is_given_folder(&mut self, path: Value, folder: Value) -> bool {
        let taint = self.deep(folder);
        let given = self.values.taints(taint).iter().all(|taint| matches!(taint.origin, Origin::Param(..)));
        given && self.went_through(path, &["resolve", "join", "normalize", "normpath", "abspath", "realpath"])
    }

    /// One half of a check is noted until the other comes.
    fn noted_half(&mut self, object: ExprId, value: Value, half: &str, other: &str, kinds: Kinds) {
        let complete = self.values.refs(value.refs).iter().any(|one| match one {
            Ref::Starts(name) => self.names.text(*name) == other,
            _ => false,
        });
        if complete {
            return self.clear_place(object, kinds);
        }
        self.keep_note(object, value, half);
    }

    /// `resolved.slice(0, root.length) === root`
    pub(super) fn begins_with_slice(&mut self, left: ExprId, right: ExprId) -> bool {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(left).kind else { return false };
        let ExprKind::Member { object, name, .. } = self.tree.expr(*callee).kind else { return false };
        let ([start, end], "slice" | "substring" | "substr") = (args.as_ref(), self.tree.text(name)) else {
            return false;
        };
        let from = self.eval_quiet(start.value);
        let whole =
            matches!(self.tree.expr(end.value).kind, ExprKind::Member { name, .. } if self.tree.text(name) == "length");
        if self.single(from) != Some(Ref::Int(0)) || !whole {
            return false;
        }
        self.refine_prefix(object, right, false);
        true
    }

    /// `normal.split(sep)[0] === ".."` does not hold: a path that was made normal stays below.
    pub(super) fn first_piece(&mut self, left: ExprId, right: ExprId) {
        let ExprKind::Index { object, index } = self.tree.expr(left).kind else { return };
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(object).kind else { return };
        let ExprKind::Member { object: path, name, .. } = self.tree.expr(*callee).kind else { return };
        if self.tree.string_of(right) != Some("..") || self.tree.text(name) != "split" || args.len() != 1 {
            return;
        }
        let first = self.eval_quiet(index);
        let value = self.eval_quiet(path);
        if self.single(first) == Some(Ref::Int(0)) && self.went_through(value, &["normalize", "normpath"]) {
            self.clear_place(path, super::text::in_a_folder());
        }
    }

    /// What a variable was assigned last before it is used, in the order of the text.
    pub(super) fn assigned_last(&self, object: ExprId) -> Option<ExprId> {
        let tree = self.tree;
        let ExprKind::Name(name) = tree.expr(object).kind else { return None };
        let end = tree.expr(object).span.start;
        let before = self.info.statements().between(tree, 0, end).rev().take(NEAR);
        before.filter(|stmt| stmt.span.end <= end).find_map(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                let [target] = targets.as_ref() else { return None };
                matches!(tree.pattern(*target).kind, PatternKind::Name(of) if of == name).then_some(*value)
            }
            _ => None,
        })
    }

    /// `const resolved = path.resolve(full)`: what was looked at in place of `full`.
    fn resolved_from(&self, object: ExprId) -> Option<ExprId> {
        let tree = self.tree;
        let made = self.assigned_last(object)?;
        let ExprKind::Call { callee, args, .. } = &tree.expr(made).kind else { return None };
        let [path] = args.as_ref() else { return None };
        let resolves =
            matches!(self.last_name(*callee)?, "resolve" | "realpath" | "abspath" | "normalize" | "normpath");
        (resolves && matches!(tree.expr(path.value).kind, ExprKind::Name(_))).then_some(path.value)
    }

    /// A target that begins with `/` and not with `//` stays on this site; each half is noted until the other comes.
    fn local_target(&mut self, object: ExprId, value: Value, complete: bool, note: &str) {
        if complete {
            return self.clear_place(object, kind_bit("redirect"));
        }
        self.keep_note(object, value, note);
    }

    fn keep_note(&mut self, object: ExprId, value: Value, note: &str) {
        let Some(place) = self.guarded_place(object) else { return };
        let refs = self.values.refs(value.refs);
        if refs
            .iter()
            .all(|one| matches!(one, Ref::Any | Ref::Text | Ref::Starts(_) | Ref::Api(..) | Ref::Param(_) | Ref::Field))
        {
            let kept: Vec<Ref> = refs
                .iter()
                .copied()
                .filter(|one| matches!(one, Ref::Param(_) | Ref::Field))
                .chain([Ref::Starts(self.names.intern(note))])
                .collect();
            let refs = self.values.ref_set(kept);
            self.set_place(place, Value { refs, taint: value.taint });
        }
    }

    /// Whether something comes from others than those who set the program up.
    fn is_foreign(&self, origin: Origin) -> bool {
        let Origin::Source { source, .. } = origin else { return false };
        let kind = self.index.sources.get(source as usize).map(|source| SOURCE_KINDS[source.kind as usize]);
        !matches!(kind, Some("env" | "cli"))
    }

    /// Whether no request reaches a value, though the environment may.
    pub(super) fn is_set_up(&mut self, value: Value) -> bool {
        let taint = self.deep(value);
        self.values
            .taints(taint)
            .iter()
            .all(|taint| matches!(taint.origin, Origin::Source { .. }) && !self.is_foreign(taint.origin))
    }

    /// `path.startswith(BASE)` counts when the path was resolved before; a prefix with scheme and host fixes the host.
    pub(super) fn refine_prefix(&mut self, object: ExprId, prefix: ExprId, whole: bool) {
        let prefix = self.eval_quiet_any(prefix);
        let text = self.constant_text(prefix);
        let value = self.eval_quiet(object);
        // A base that callers give is a base all the same, unless it is what is checked.
        let base = self.deep(prefix);
        // What was looked up by it is another matter.
        let told = self.values.taints(base).iter().filter(|taint| taint.guessed == 0);
        let base: Vec<Origin> = told.map(|taint| taint.origin).collect();
        if base.iter().any(|origin| self.is_foreign(*origin))
            || !base.is_empty() && self.values.taints(value.taint).iter().all(|taint| base.contains(&taint.origin))
        {
            return;
        }
        if text.as_deref() == Some("/") {
            let complete = self.values.refs(value.refs).iter().any(|one| match one {
                Ref::Starts(name) => self.names.text(*name) == NOT_HOST,
                _ => false,
            });
            return self.local_target(object, value, complete, "/");
        }
        self.begins_one_of(object, prefix, true);
        if whole || self.went_through(value, &["realpath", "abspath", "resolve", "normpath", "normalize", "join"]) {
            let kinds = kind_bit("path") | kind_bit("upload");
            self.clear_place(object, kinds);
            if let Some(path) = self.resolved_from(object) {
                self.clear_place(path, kinds);
            }
        }
        if let Some(text) = text
            && let Some((scheme, rest)) = text.split_once("://")
        {
            if rest.contains('/') {
                self.clear_place(object, kind_bit("ssrf") | kind_bit("redirect"));
            } else if !["", "http", "https", "ws", "wss", "ftp", "file", "data", "blob"].contains(&scheme) {
                // `example-app://` opens the application of that scheme.
                self.clear_place(object, kind_bit("redirect") | kind_bit("address"));
            }
        }
    }

    /// Whether each taint of a value passed one of the functions.
    pub(super) fn went_through(&self, value: Value, names: &[&str]) -> bool {
        let taints = self.values.taints(value.taint);
        !taints.is_empty()
            && taints.iter().all(|taint| {
                self.values.trace(taint.trace).iter().any(|step| match step.did {
                    Did::Through(name) => names.contains(&self.names.text(name)),
                    _ => false,
                })
            })
    }

    /// A text does not hold another: without quotes it cannot leave a string literal, without `..` no folder.
    pub(super) fn lacks(&mut self, place: ExprId, part: ExprId) {
        let part = self.eval_quiet_any(part);
        let Some(Ref::Str(part)) = self.single(part) else { return };
        let kinds = match self.names.text(part) {
            "'" | "\"" => {
                // What stands between two quotes and holds none is a string literal.
                if let ExprKind::Slice { object, lower: Some(_), upper: Some(_), .. } = self.tree.expr(place).kind {
                    return self.clear_place(object, kind_bit("code"));
                }
                kind_bit("xpath")
            }
            ".." | "../" | "/.." | "/" | "\\" => kind_bit("path") | kind_bit("upload"),
            "\n" | "\r" | "\r\n" => kind_bit("header") | kind_bit("log") | kind_bit("email"),
            "<" => kind_bit("xss"),
            "(" | "*" => kind_bit("ldap"),
            _ => return,
        };
        self.clear_place(place, kinds);
    }

    /// `os.path.commonpath([BASE, path]) == BASE`
    pub(super) fn common_path(&mut self, expr: ExprId) -> bool {
        let ExprKind::Call { callee, args, .. } = &self.tree.expr(expr).kind else { return false };
        if !matches!(self.last_name(*callee), Some("commonpath")) {
            return false;
        }
        let Some(ExprKind::Sequence { items, .. }) = args.first().map(|arg| &self.tree.expr(arg.value).kind) else {
            return false;
        };
        for item in items {
            self.clear_place(item.value, kind_bit("path") | kind_bit("upload"));
        }
        true
    }
}

/// Whether a path that begins so leads out of a folder: `..`, `../`, `..` and a separator.
fn goes_up(head: &str) -> bool {
    matches!(head, "." | ".." | "../" | "..\\")
}
