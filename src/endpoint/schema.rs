//! What declared types check of what is sent: parameters that FastAPI converts, classes of the project that check their
//! fields.

use super::evidence::{Evidence, last, written};
use super::{Guard, GuardKind};
use crate::flow::facts::{FileId, FuncRef};
use crate::syntax::{ExprId, ExprKind, StmtKind};

impl Evidence<'_> {
    /// A parameter that FastAPI checks by its type, unless the body is taken as it comes.
    pub(super) fn typed_parameter(&self, function: FuncRef) -> Option<Guard> {
        const TYPES: [&str; 11] = [
            "int",
            "float",
            "bool",
            "UUID",
            "date",
            "datetime",
            "Decimal",
            "EmailStr",
            "Literal",
            "PositiveInt",
            "OAuth2PasswordRequestForm",
        ];
        const LIMITS: [&str; 8] = ["ge", "gt", "le", "lt", "max_length", "min_length", "pattern", "regex"];
        let tree = self.tree(function.file);
        let mut found = None;
        for param in &tree.function(function.function).params {
            let text = |expr: ExprId| self.project.file(function.file).source.slice(tree.expr(expr).span);
            let annotation = param.annotation.map(text).unwrap_or_default();
            let words = || annotation.split(|one: char| !one.is_ascii_alphanumeric() && one != '_');
            if words().any(|word| matches!(word, "dict" | "Dict")) {
                return None;
            }
            // What a dependency hands in is not what was sent.
            let depends = param.default.is_some_and(|default| match tree.expr(default).kind {
                ExprKind::Call { callee, .. } => matches!(last(&written(tree, callee)), "Depends" | "Security"),
                _ => false,
            });
            if depends && !annotation.ends_with("RequestForm") {
                continue;
            }
            let limited = param.default.is_some_and(|default| match &tree.expr(default).kind {
                ExprKind::Call { args, .. } => {
                    args.iter().any(|arg| arg.name.is_some_and(|name| LIMITS.contains(&tree.text(name))))
                }
                _ => false,
            });
            if let Some(shown) = param.annotation.filter(|_| limited || words().any(|word| TYPES.contains(&word))) {
                let location = self.locate(function.file, tree.expr(shown).span);
                let name = format!("typed as {}", annotation.split('[').next().unwrap_or(annotation));
                found = found.or(Some(Guard { kind: GuardKind::Validation, name, location }));
            }
        }
        found
    }

    /// Whether an annotation names a class of the project that checks its fields (a Pydantic model).
    pub(super) fn is_schema(&self, file: FileId, annotation: ExprId, depth: u8) -> bool {
        let name = written(self.tree(file), annotation);
        let class = self.class_named(file, last(&name)).filter(|_| depth > 0 && !name.is_empty());
        // A class of tables may be called alike.
        let declared = last(&name).ends_with("BaseModel") || last(&name) == "SQLModel";
        let imports = || self.project.file(file).imported.iter().any(|module| module.starts_with("pydantic"));
        if declared && (class.is_none() || name.starts_with("pydantic.") || imports()) {
            return true;
        }
        class.is_some_and(|class| {
            self.tree(class.file)
                .class(class.class)
                .bases
                .iter()
                .any(|base| self.is_schema(class.file, *base, depth - 1))
        })
    }

    /// A declared field of a class of the project, or of one that it is made from.
    pub(super) fn declared_field(
        &self,
        file: FileId,
        annotation: ExprId,
        depth: u8,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let name = written(self.tree(file), annotation);
        let class = self.class_named(file, last(&name)).filter(|_| depth > 0 && !name.is_empty())?;
        let tree = self.tree(class.file);
        let node = tree.class(class.class);
        let own = node.body.iter().find_map(|stmt| {
            let StmtKind::Assign { targets, annotation: Some(_), .. } = &tree.stmt(*stmt).kind else { return None };
            let crate::syntax::PatternKind::Name(name) = tree.pattern(*targets.first()?).kind else { return None };
            Some(tree.text(name)).filter(|name| wanted(name)).map(str::to_owned)
        });
        own.or_else(|| node.bases.iter().find_map(|base| self.declared_field(class.file, *base, depth - 1, wanted)))
    }
}
