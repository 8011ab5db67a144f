//! Tasks that are queued: `send_mail.delay(address)` runs `send_mail(address)`, sooner or later.

use super::super::names::NameId;
use super::super::value::{Ref, Value};
use super::Interp;
use super::call::{ArgItem, Args, Items};
use crate::syntax::{ExprId, PatternKind, Spread};

impl Interp<'_> {
    /// A function of the project that is queued to be called with some arguments.
    pub(super) fn queued(&mut self, id: ExprId, name: NameId, args: &Args) -> Option<Value> {
        let receiver = args.receiver?;
        let plain = match self.names.text(name) {
            "delay" | "delay_on_commit" | "send" | "s" | "si" => true,
            "apply_async" | "apply_async_on_commit" | "send_with_options" => false,
            _ => return None,
        };
        let functions: Vec<_> = self
            .refs(receiver)
            .into_iter()
            .filter_map(|one| if let Ref::Func(function) = one { Some(function) } else { None })
            .collect();
        if functions.is_empty() {
            return None;
        }
        let mut items = Items::new();
        if plain {
            items.extend(args.items.iter().copied());
        } else {
            let named = |wanted: &str, at: usize| {
                let by_name =
                    args.items.iter().find(|item| item.name.is_some_and(|name| self.names.text(name) == wanted));
                by_name.map(|item| item.value).or_else(|| args.at(at))
            };
            let spread = |value: Value, spread| ArgItem { name: None, spread, value, expr: None };
            items.extend(named("args", 0).map(|value| spread(value, Spread::Sequence)));
            items.extend(named("kwargs", 1).map(|value| spread(value, Spread::Map)));
        }
        for function in functions {
            let place = self.project.function(function).place;
            let tree = &self.project.file(place.file).tree;
            // A task that is bound gets itself first.
            let bound = tree.function(place.function).params.first().is_some_and(
                |param| matches!(tree.pattern(param.pattern).kind, PatternKind::Name(name) if tree.text(name) == "self"),
            );
            let mut given = Items::new();
            if bound && !self.project.function(function).takes_self {
                given.push(ArgItem { name: None, spread: Spread::No, value: Value::ANY, expr: None });
            }
            given.extend(items.iter().copied());
            self.invoke(function, Args { receiver: None, items: given, closure: None }, id);
        }
        Some(Value::ANY)
    }
}
