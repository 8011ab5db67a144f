//! What is said of a library object after it was made, or where it was made: the type of a response, the transport of a
//! client. A sink asks before it takes the object for what its defaults make of it.

use super::super::statements::type_given;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use crate::base::Span;
use crate::syntax::{ExprId, ExprKind, PatternId, PatternKind, StmtKind, Symbol};

/// How many calls of a chain are looked at.
const CHAIN: usize = 8;
/// How many statements before a place are looked at.
const NEAR: usize = 1000;

impl Interp<'_> {
    /// `response = make_response(text)`, and then `response.mimetype = "text/plain"`: no browser reads it as HTML. A type
    /// that is not constant is taken for another than HTML.
    pub(super) fn is_retyped(&mut self, made: ExprId) -> bool {
        let tree = self.tree;
        let statements = self.info.statements();
        let here = tree.expr(made).span.start + 1;
        let named = statements.between(tree, 0, here).rev().take(NEAR).find_map(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } if *value == made => match targets.as_ref() {
                [target] => match tree.pattern(*target).kind {
                    PatternKind::Name(name) => Some((name, stmt.span.end)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        });
        let Some((name, from)) = named else { return false };
        let end = self.frame().function.map_or(u32::MAX, |function| {
            let place = self.project.function(function).place;
            if place.file == self.file { tree.function(place.function).span.end } else { u32::MAX }
        });
        statements.between(tree, from, end).any(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, value: Some(value), .. } if stmt.span.start >= from && stmt.span.end <= end => {
                targets.iter().any(|target| self.sets_type(*target, name))
                    && tree.string_of(*value).is_none_or(|text| {
                        let text = text.to_ascii_lowercase();
                        !["html", "svg", "xml"].iter().any(|kind| text.contains(kind))
                    })
            }
            _ => false,
        })
    }

    /// `response.mimetype = …`, `response.headers["Content-Type"] = …`, `response["Content-Type"] = …`
    fn sets_type(&self, target: PatternId, response: Symbol) -> bool {
        let tree = self.tree;
        let PatternKind::Target(target) = tree.pattern(target).kind else { return false };
        let is_response = |expr: ExprId| matches!(tree.expr(expr).kind, ExprKind::Name(name) if name == response);
        match &tree.expr(target).kind {
            ExprKind::Member { object, name, .. } => {
                is_response(*object) && matches!(tree.text(*name), "mimetype" | "content_type" | "media_type")
            }
            ExprKind::Index { object, index } => {
                let of = match tree.expr(*object).kind {
                    ExprKind::Member { object, name, .. } if tree.text(name) == "headers" => object,
                    _ => *object,
                };
                is_response(of) && tree.string_of(*index).is_some_and(|key| key.eq_ignore_ascii_case("content-type"))
            }
            _ => false,
        }
    }

    /// `res.type("text/plain").send(text)`, or a statement before that says so, in a block that goes on to this one.
    pub(super) fn is_sent_as_text(&mut self, call: ExprId, callee: ExprId, value: Value) -> bool {
        if self.python || self.deep(value) == TaintSet::CLEAN {
            return false;
        }
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return false };
        if self.is_parsed_body(call) {
            return true;
        }
        // An object whose fields were sent: it goes out as JSON.
        if value.taint == TaintSet::CLEAN && self.last_name(callee) == Some("send") {
            return true;
        }
        let (said, root) = self.said_type(object);
        if let Some(html) = said {
            return !html;
        }
        let Some(root) = root else { return false };
        if self.is_bare_text(callee, root, value) {
            return true;
        }
        let here = self.span(call);
        let start = self.frame().function.map_or(0, |function| {
            // A callback answers what the function round it has been asked.
            let root = self.project.function(function).root;
            let place = self.project.function(root).place;
            if place.file == self.file { self.tree.function(place.function).span.start } else { 0 }
        });
        let before = |span: Span| span.start >= start && span.end <= here.start;
        let mut last = None;
        let statements = self.info.statements();
        for stmt in statements.between(self.tree, start, here.start).rev() {
            if let StmtKind::Expr(expr) = stmt.kind
                && before(stmt.span)
                && let (Some(html), Some(of)) = self.said_type(expr)
                && of == root
            {
                last = Some((stmt.span.start, html));
                break;
            }
        }
        let Some((at, false)) = last else { return false };
        // Not where only one of the ways to here passes it.
        !statements.between(self.tree, start, at + 1).any(|stmt| {
            let parted = !matches!(stmt.kind, StmtKind::Expr(_));
            parted && before(stmt.span) && at < stmt.span.end
        })
    }

    /// `res.send(req.body)`: a body that was parsed is an object, and objects are sent as JSON.
    fn is_parsed_body(&self, call: ExprId) -> bool {
        let tree = self.tree;
        let ExprKind::Call { callee, args, .. } = &tree.expr(call).kind else { return false };
        let [only] = args.as_ref() else { return false };
        let named = |expr: ExprId, wanted: &str| matches!(tree.expr(expr).kind, ExprKind::Member { name, .. } if tree.text(name) == wanted);
        // Meta asks a webhook to send its challenge back, after a word that both sides were told.
        let challenge = match tree.expr(only.value).kind {
            ExprKind::Index { index, .. } => tree.string_of(index) == Some("hub.challenge"),
            ExprKind::Name(name) => tree.text(name).to_ascii_lowercase().ends_with("challenge"),
            _ => false,
        };
        let challenge = challenge && {
            let text = self.info.source.text();
            text.contains("hub.challenge") && text.contains("verify_token")
        };
        named(*callee, "send") && (named(only.value, "body") || challenge || self.is_body(only.value))
    }

    /// `const body = req.body`, and nothing else is ever called so.
    fn is_body(&self, expr: ExprId) -> bool {
        let tree = self.tree;
        let ExprKind::Name(name) = tree.expr(expr).kind else { return false };
        let mut given = tree.assigned_to(name);
        let of_request = |value: ExprId| match tree.expr(value).kind {
            ExprKind::Member { object, name, .. } => {
                tree.text(name) == "body" && matches!(self.last_name(object), Some("req" | "request"))
            }
            _ => false,
        };
        let first = given.next();
        first.is_some_and(of_request) && given.all(of_request)
    }

    /// `res.end("not found: " + name)`: without a type, a browser takes what does not begin with a tag for plain text.
    fn is_bare_text(&self, callee: ExprId, response: Symbol, value: Value) -> bool {
        let tree = self.tree;
        let ExprKind::Member { name, .. } = tree.expr(callee).kind else { return false };
        let head = self.beginning(value);
        // An event of a stream of events.
        if matches!(tree.text(name), "end" | "write")
            && ["data:", "event:", "message:", "id:", "retry:", ":"].iter().any(|field| head.starts_with(field))
        {
            return true;
        }
        let begins =
            head.trim_start().chars().next().is_some_and(|first| first != '<' && first != super::operator::UNKNOWN);
        if tree.text(name) != "end" || !begins {
            return false;
        }
        // Nowhere is it given a type, and nothing is written before.
        !self.info.statements().is_marked_up(response)
    }

    /// `setTimeout(run)`: timers take functions, and text is what runs as code.
    pub(super) fn timed(&mut self, callee: ExprId, value: Value) -> Value {
        let timer = matches!(self.last_name(callee), Some("setTimeout" | "setInterval"));
        if self.python || !timer {
            return value;
        }
        let refs = self.values.refs(value.refs);
        if refs.iter().any(|one| matches!(one, Ref::Text | Ref::Starts(_) | Ref::Str(_))) {
            return value;
        }
        let function = refs.iter().any(|one| matches!(one, Ref::Func(_)));
        // What came through calls nobody knows need not be text at all.
        let taint = self.values.map_taint(value.taint, |taint| (!function && taint.guessed == 0).then_some(taint));
        Value { refs: value.refs, taint }
    }

    /// What a chain of calls says of the type of a response, whether that is markup, and the variable it begins with.
    fn said_type(&self, expr: ExprId) -> (Option<bool>, Option<Symbol>) {
        let mut at = expr;
        let mut said = None;
        for _ in 0..CHAIN {
            match &self.tree.expr(at).kind {
                ExprKind::Call { callee, args, .. } => {
                    let ExprKind::Member { object, name, .. } = self.tree.expr(*callee).kind else { break };
                    said = said.or_else(|| type_given(self.tree, self.tree.text(name), args));
                    at = object;
                }
                ExprKind::Name(name) => return (said, Some(*name)),
                _ => break,
            }
        }
        (said, None)
    }

    /// `f"{name}@{domain}"`, `"DOMAIN\\" + name`: the name that somebody logs in to a directory by is no entry that is
    /// put together.
    pub(super) fn is_principal(&self, value: Value) -> bool {
        let head = self.beginning(value);
        let unknown = super::operator::UNKNOWN;
        !head.contains(['=', '('])
            && (head.strip_prefix(unknown).is_some_and(|rest| rest.starts_with('@'))
                || head.split_once('\\').is_some_and(|(domain, _)| {
                    !domain.is_empty() && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
                }))
    }

    /// `httpx.AsyncClient(transport=SafeTransport())`, where the transport is a class of the project that refuses some
    /// requests: it decides what is reached.
    pub(super) fn has_own_transport(&mut self, callee: ExprId) -> bool {
        let ExprKind::Member { object, .. } = self.tree.expr(callee).kind else { return false };
        let receiver = self.eval_quiet(object);
        self.refs(receiver).into_iter().any(|one| {
            let Ref::Api(_, Some(place)) = one else { return false };
            let tree = &self.project.file(place.file).tree;
            let ExprKind::Call { args, .. } = &tree.expr(place.expr).kind else { return false };
            let given = args.iter().find(|arg| {
                arg.name.is_some_and(|name| matches!(tree.text(name), "transport" | "connector" | "mounts"))
            });
            let Some(ExprKind::Call { callee, .. }) = given.map(|arg| &tree.expr(arg.value).kind) else { return false };
            let Some(class) = self.project.class_of_expr(place.file, *callee) else { return false };
            self.project.class(class).methods.values().any(|method| self.project.refuses(*method))
        })
    }
}
