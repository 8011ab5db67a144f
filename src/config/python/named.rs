//! What stands in other files: fields of settings objects and imported constants by their names, and the stage that a
//! program runs in, which is `production` where it is judged.

use super::Program;
use crate::base::Span;
use crate::config::value::{Node, Value, is_stage_variable, same_stage};
use crate::syntax::{BinaryOp, ExprId, ExprKind};

impl Program<'_, '_> {
    /// A constant that another file of the project declares: `from config import DEBUG`.
    pub(super) fn imported(&self, name: crate::syntax::Symbol, span: Span) -> Node {
        let text = self.tree.text(name);
        let known = super::is_constant(text) && self.imports.contains(&name);
        if known { Node::new(Value::Named(text.to_owned()), span) } else { Node::unknown(span) }
    }

    /// `settings.CORS_ORIGINS`, `self.settings.debug`, `get_settings().debug`: a field of a settings object.
    pub(super) fn field_of_settings(&self, object: ExprId, name: crate::syntax::Symbol, span: Span) -> Node {
        let holder = match &self.tree.expr(object).kind {
            ExprKind::Call { callee, .. } => self.last_name(*callee),
            _ => self.last_name(object),
        };
        let lower = holder.trim_start_matches('_').to_ascii_lowercase();
        let settings = ["settings", "config", "cfg", "conf", "env_config", "app_settings"]
            .iter()
            .any(|word| lower == *word || lower.ends_with(&format!("_{word}")))
            || (lower == "self" && self.in_settings_class);
        if !settings {
            return Node::unknown(span);
        }
        Node::new(Value::Named(format!("{holder}.{}", self.tree.text(name))), span)
    }
}

/// What a comparison of the stage gives in production: `os.environ.get("ENV") == "production"`.
pub(super) fn in_production(op: BinaryOp, left: &Value, right: &Value) -> Option<bool> {
    let stage = |value: &Value| match value {
        Value::Environment { name, .. } | Value::Named(name) => is_stage_variable(name),
        _ => false,
    };
    if !stage(left) && !stage(right) {
        return None;
    }
    let (left, right) = (left.clone().in_production(), right.clone().in_production());
    match (op, &right) {
        (BinaryOp::Equal, _) => same_stage(&left, &right),
        (BinaryOp::NotEqual, _) => same_stage(&left, &right).map(|same| !same),
        (BinaryOp::In | BinaryOp::NotIn, Value::List(items)) => {
            let found = items.iter().any(|item| same_stage(&left, &item.value) == Some(true));
            Some(found == (op == BinaryOp::In))
        }
        _ => None,
    }
}
