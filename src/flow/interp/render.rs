//! Calls that fill a template of the project: what they pass becomes the context of the template's function.

use super::super::facts::select;
use super::super::project::FuncId;
use super::super::state::Object;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use super::call::{ArgItem, Args};
use crate::model::index::{Provided, Render};
use crate::model::path::{ArgBase, ArgPath};
use crate::syntax::{ExprId, ExprKind, Spread};

impl Interp<'_> {
    /// Runs the template that a call fills, or gives it as a module.
    pub(super) fn render(&mut self, render: u32, id: ExprId, callee: ExprId, args: &Args) -> Option<Value> {
        if self.project.templates.is_empty() {
            return None;
        }
        let index = self.index;
        let model = &index.renders[render as usize];
        let mut found = Vec::new();
        for name in self.template_names(model, callee, args) {
            found.extend(self.project.templates.find(self.project.path(self.file), &name));
        }
        found.sort_unstable();
        found.dedup();
        if found.is_empty() {
            return None;
        }
        if model.context.is_empty() && !model.keywords && model.provides.is_empty() {
            let mut value = Value::NONE;
            for (file, _) in found {
                let module = self.one(Ref::Module(file));
                value = self.join(value, module);
            }
            return Some(value);
        }
        let (context, expr) = self.render_context(model, id, callee, args);
        for (_, function) in found {
            self.fill(function, context, expr, id);
        }
        None
    }

    fn fill(&mut self, function: FuncId, context: Value, expr: Option<ExprId>, id: ExprId) {
        // A template that includes itself ends by its conditions.
        if self.active.contains(&function) {
            return;
        }
        let item = ArgItem { name: None, spread: Spread::No, value: context, expr };
        self.invoke(function, Args { items: [item].into_iter().collect(), ..Args::default() }, id);
    }

    fn template_names(&mut self, model: &Render, callee: ExprId, args: &Args) -> Vec<String> {
        let mut names = Vec::new();
        for (value, span) in self.named(&model.template, callee, args) {
            let element = if self.object_of(value).is_some() { self.element_of(value, span, true) } else { value };
            for one in self.refs(element) {
                match one {
                    Ref::Str(name) => names.push(self.names.text(name).to_owned()),
                    Ref::Api(_, Some(place)) => {
                        let wanted = model.made_by.as_ref();
                        names.extend(wanted.and_then(|path| self.written_name_of(place.file, place.expr, path)));
                    }
                    _ => {}
                }
            }
        }
        names
    }

    /// The constant text of an argument of a call elsewhere.
    fn written_name_of(&self, file: super::FileId, call: ExprId, path: &ArgPath) -> Option<String> {
        let tree = &self.project.file(file).tree;
        let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return None };
        let found = select(&path.base, args, |arg| (arg.name.map(|name| tree.text(name)), arg.spread != Spread::No));
        found.first().and_then(|arg| tree.string_of(arg.value)).map(str::to_owned)
    }

    /// The mapping of the template's variables, and the expression that it stands for most.
    fn render_context(&mut self, model: &Render, id: ExprId, callee: ExprId, args: &Args) -> (Value, Option<ExprId>) {
        let mut found = Vec::new();
        for path in &model.context {
            let names = &self.names;
            let items = select(&path.base, &args.items, |item: &ArgItem| {
                (item.name.map(|name| names.text(name)), item.spread != Spread::No)
            });
            let expr = items.first().and_then(|item| item.expr);
            for (value, span) in self.named(path, callee, args) {
                found.push((value, span, expr));
            }
        }
        if let ([(value, _, expr)], false, true) = (found.as_slice(), model.keywords, model.provides.is_empty()) {
            return (*value, *expr);
        }
        let mut made = Object::new(false, false);
        let mut at = None;
        for (value, span, expr) in found {
            self.spread_into(&mut made, value, span);
            at = at.or(expr);
        }
        if model.keywords {
            for item in &args.items {
                let span = item.expr.map(|expr| self.span(expr)).unwrap_or_default();
                match (item.spread, item.name) {
                    (Spread::Map, _) => self.spread_into(&mut made, item.value, span),
                    (Spread::No, Some(name)) if !self.is_named(model, name) => made.set(name, item.value),
                    _ => {}
                }
            }
        }
        for (name, provided) in &model.provides {
            let value = match provided {
                Provided::Api(node) => self.api(vec![*node], None, self.span(id), TaintSet::CLEAN),
                Provided::Argument(path) => {
                    let found = self.named(path, callee, args);
                    found.into_iter().fold(Value::NONE, |all, (value, _)| self.join(all, value))
                }
            };
            let name = self.names.intern(name);
            if value != Value::NONE && made.field(name).is_none() {
                made.set(name, value);
            }
        }
        let object = self.object_at((id.index(), 45));
        self.state.put(object, made);
        (self.one(Ref::Object(object)), at.or(Some(id)))
    }

    /// Whether a keyword argument is something else than a variable.
    fn is_named(&self, model: &Render, name: super::NameId) -> bool {
        let text = self.names.text(name);
        std::iter::once(&model.template).chain(&model.context).any(|path| match &path.base {
            ArgBase::Keyword(own) | ArgBase::Either(_, own) => own == text,
            _ => false,
        })
    }
}
