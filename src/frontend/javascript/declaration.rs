//! Declarations, imports and exports, and what TypeScript adds to them. Types are dropped; annotations are kept where
//! they are plain references.

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::expression::number;
use super::lower::Lowerer;
use crate::base::Span;
use crate::syntax::{
    Arg, Declaration, Entry, Export, ExportName, ExprId, ExprKind, Import, ImportName, Imported, Key, Literal,
    PatternKind, Spread, StmtId, StmtKind, Symbol,
};

impl Lowerer<'_> {
    /// A declaration.
    pub(super) fn declaration(&mut self, node: &ast::Declaration<'_>, out: &mut Vec<StmtId>) {
        use ast::Declaration as D;
        match node {
            D::VariableDeclaration(node) => self.variables(node, out),
            D::FunctionDeclaration(node) => {
                if node.body.is_some() {
                    let function = self.function(node);
                    self.push(out, self.at(node.span), StmtKind::Function(function));
                }
            }
            D::ClassDeclaration(node) => {
                if !node.declare {
                    let class = self.class(node);
                    self.push(out, self.at(node.span), StmtKind::Class(class));
                }
            }
            D::TSEnumDeclaration(node) => self.enumeration(node, out),
            D::TSNamespaceDeclaration(node) => {
                if !node.declare {
                    self.namespace(node, out);
                }
            }
            D::TSImportEqualsDeclaration(node) => self.import_equals(node, out),
            D::TSInterfaceDeclaration(node) => {
                let base = node.extends.iter().map(|base| &base.type_name).find(|base| is_request(base));
                self.alias(&node.id, base, self.at(node.span), out);
            }
            D::TSTypeAliasDeclaration(node) => {
                let base = match &node.type_annotation {
                    ast::TSType::TSIntersectionType(all) => all.types.iter().find_map(reference),
                    other => reference(other),
                };
                self.alias(&node.id, base, self.at(node.span), out);
            }
            D::TSExternalModuleDeclaration(_) | D::TSGlobalDeclaration(_) => {}
        }
    }

    /// `interface UserRequest extends Request { … }` and `type UserRequest = Request & { … }` are other names for what a
    /// framework hands over: `const UserRequest = Request`.
    fn alias(
        &mut self,
        id: &ast::BindingIdentifier<'_>,
        base: Option<&ast::TSTypeName<'_>>,
        span: Span,
        out: &mut Vec<StmtId>,
    ) {
        if let Some(value) = base.and_then(|base| self.type_name(base)) {
            self.define(id.name.as_str(), self.at(id.span), value, Declaration::Const, span, out);
        }
    }

    /// `enum E { A, B = "b" }` is `const E = { A: 0, B: "b" }`.
    fn enumeration(&mut self, node: &ast::TSEnumDeclaration<'_>, out: &mut Vec<StmtId>) {
        let mut entries = Vec::with_capacity(node.body.members.len());
        let mut next = Some(0_i64);
        for member in &node.body.members {
            let span = self.at(member.id.span());
            let name = match &member.id {
                ast::TSEnumMemberName::Identifier(name) => name.name.as_str(),
                ast::TSEnumMemberName::String(text) | ast::TSEnumMemberName::ComputedString(text) => {
                    text.value.as_str()
                }
                ast::TSEnumMemberName::ComputedTemplateString(text) => {
                    text.quasis.first().map_or("", |quasi| quasi.value.raw.as_str())
                }
            };
            let key = Some(Key::Static(self.tree.intern(name), span));
            let value = match &member.initializer {
                Some(initializer) => self.expr(initializer),
                None => match next {
                    Some(value) => self.add(span, ExprKind::Literal(Literal::Int(value))),
                    None => self.add(span, ExprKind::Missing),
                },
            };
            next = match self.tree.expr(value).kind {
                ExprKind::Literal(Literal::Int(value)) => value.checked_add(1),
                _ => None,
            };
            entries.push(Entry { key, value });
        }
        let map = self.add(self.at(node.body.span), ExprKind::Map { entries: entries.into() });
        self.define(node.id.name.as_str(), self.at(node.id.span), map, Declaration::Const, self.at(node.span), out);
    }

    fn define(
        &mut self,
        name: &str,
        name_span: Span,
        value: ExprId,
        declaration: Declaration,
        span: Span,
        out: &mut Vec<StmtId>,
    ) {
        let name = self.tree.intern(name);
        let target = self.add_pattern(name_span, PatternKind::Name(name));
        let value = Some(value);
        self.push(out, span, StmtKind::Assign { targets: [target].into(), annotation: None, value, declaration });
    }

    /// `namespace N { export const a = 1 }` is `{ const a = 1; var N = { a } }`.
    fn namespace(&mut self, node: &ast::TSNamespaceDeclaration<'_>, out: &mut Vec<StmtId>) {
        let span = self.at(node.span);
        if self.too_deep(span, 0) {
            return;
        }
        self.depth += 1;
        self.namespaces.push(Vec::new());
        let mut body = Vec::new();
        match &node.body {
            ast::TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                for statement in &block.body {
                    self.statement(statement, &mut body);
                }
            }
            ast::TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                self.namespace(inner, &mut body);
                let name = (self.tree.intern(inner.id.name.as_str()), self.at(inner.id.span));
                self.export_from_namespace(&[name]);
            }
        }
        let names = self.namespaces.pop().unwrap_or_default();
        if !names.is_empty() {
            let mut entries = Vec::with_capacity(names.len());
            for (name, span) in names {
                entries.push(Entry { key: Some(Key::Static(name, span)), value: self.add(span, ExprKind::Name(name)) });
            }
            let map = self.add(span, ExprKind::Map { entries: entries.into() });
            self.define(node.id.name.as_str(), self.at(node.id.span), map, Declaration::Var, span, &mut body);
        }
        self.depth -= 1;
        if !body.is_empty() {
            self.push(out, span, StmtKind::Block(body.into()));
        }
    }

    /// Notes names as exported by the namespace around; whether there is one.
    fn export_from_namespace(&mut self, names: &[(Symbol, Span)]) -> bool {
        match self.namespaces.last_mut() {
            Some(namespace) => {
                namespace.extend_from_slice(names);
                true
            }
            None => false,
        }
    }

    /// `import x = require("m")` is `const x = require("m")`, `import x = A.B` is `const x = A.B`.
    fn import_equals(&mut self, node: &ast::TSImportEqualsDeclaration<'_>, out: &mut Vec<StmtId>) {
        let span = self.at(node.span);
        let type_only = node.import_kind == ast::ImportOrExportKind::Type;
        let value = match &node.module_reference {
            ast::TSModuleReference::ExternalModuleReference(reference) => {
                let inner = self.at(reference.expression.span);
                let module = self.tree.intern(reference.expression.value.as_str());
                if type_only {
                    let local = self.tree.intern(node.id.name.as_str());
                    let name = ImportName { imported: Imported::Module, local, span: self.at(node.id.span) };
                    return self.push_import(module, unquoted(inner), [name].into(), true, span, out);
                }
                let callee = self.name("require", Span::new(reference.span.start, inner.start));
                let value = self.add(inner, ExprKind::Literal(Literal::Str(module)));
                let args = [Arg { name: None, value, spread: Spread::No }].into();
                self.add(self.at(reference.span), ExprKind::Call { callee, args, is_new: false, optional: false })
            }
            ast::TSModuleReference::IdentifierReference(name) => self.name(name.name.as_str(), self.at(name.span)),
            ast::TSModuleReference::QualifiedName(name) => match self.qualified(name) {
                Some(value) => value,
                None => return,
            },
        };
        if !type_only {
            self.define(node.id.name.as_str(), self.at(node.id.span), value, Declaration::Const, span, out);
        }
    }

    fn push_import(
        &mut self,
        module: Symbol,
        module_span: Span,
        names: Box<[ImportName]>,
        type_only: bool,
        span: Span,
        out: &mut Vec<StmtId>,
    ) {
        self.push(out, span, StmtKind::Import(Import { module, level: 0, module_span, names, type_only }));
    }

    /// An import or export.
    pub(super) fn module(&mut self, node: &ast::ModuleDeclaration<'_>, out: &mut Vec<StmtId>) {
        use ast::ModuleDeclaration as M;
        match node {
            M::ImportDeclaration(node) => self.import(node, out),
            M::ExportAllDeclaration(node) => {
                let span = self.at(node.span);
                let from = self.tree.intern(node.source.value.as_str());
                if node.export_kind == ast::ImportOrExportKind::Type {
                    return self.push_import(
                        from,
                        unquoted(self.at(node.source.span)),
                        Box::default(),
                        true,
                        span,
                        out,
                    );
                }
                let names = match &node.exported {
                    Some(name) => {
                        let local = self.tree.intern("*");
                        [ExportName { local, exported: self.export_name(name) }].into()
                    }
                    None => Box::default(),
                };
                self.push(out, span, StmtKind::Export(Export { names, from: Some(from), all: true, default: None }));
            }
            M::ExportDefaultDeclaration(node) => self.export_default(node, out),
            M::ExportDeclaration(node) => self.export_declaration(node, out),
            M::ExportNamedDeclaration(node) => {
                if node.export_kind == ast::ImportOrExportKind::Value {
                    let names = self.export_names(&node.specifiers);
                    self.export_names_of(names, self.at(node.span), out);
                }
            }
            M::ExportFromDeclaration(node) => {
                let span = self.at(node.span);
                let from = self.tree.intern(node.source.value.as_str());
                let names = match node.export_kind {
                    ast::ImportOrExportKind::Value => self.export_names(&node.specifiers),
                    ast::ImportOrExportKind::Type => Vec::new(),
                };
                if names.is_empty() && !node.specifiers.is_empty() {
                    return self.push_import(
                        from,
                        unquoted(self.at(node.source.span)),
                        Box::default(),
                        true,
                        span,
                        out,
                    );
                }
                let names = names.into();
                self.push(out, span, StmtKind::Export(Export { names, from: Some(from), all: false, default: None }));
            }
            M::TSExportAssignment(node) => {
                let span = self.at(node.span);
                let head = Span::new(span.start, node.expression.span().start);
                let object = self.name("module", head);
                let name = self.tree.intern("exports");
                let member = self.add(head, ExprKind::Member { object, name, name_span: head, optional: false });
                let target = self.add_pattern(head, PatternKind::Target(member));
                let value = Some(self.expr(&node.expression));
                let declaration = Declaration::None;
                let targets = [target].into();
                self.push(out, span, StmtKind::Assign { targets, annotation: None, value, declaration });
            }
            M::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn export_names_of(&mut self, names: Vec<ExportName>, span: Span, out: &mut Vec<StmtId>) {
        if names.is_empty() {
            return;
        }
        if self.namespaces.is_empty() {
            let export = Export { names: names.into(), from: None, all: false, default: None };
            self.push(out, span, StmtKind::Export(export));
        } else {
            let names: Vec<_> = names.iter().map(|name| (name.exported, span)).collect();
            self.export_from_namespace(&names);
        }
    }

    /// The names of an export clause that are values.
    fn export_names(&mut self, specifiers: &[ast::ExportSpecifier<'_>]) -> Vec<ExportName> {
        let values = specifiers.iter().filter(|name| name.export_kind == ast::ImportOrExportKind::Value);
        values
            .map(|name| ExportName { local: self.export_name(&name.local), exported: self.export_name(&name.exported) })
            .collect()
    }

    fn export_name(&mut self, name: &ast::ModuleExportName<'_>) -> Symbol {
        let text = match name {
            ast::ModuleExportName::IdentifierName(name) => name.name.as_str(),
            ast::ModuleExportName::IdentifierReference(name) => name.name.as_str(),
            ast::ModuleExportName::StringLiteral(text) => text.value.as_str(),
        };
        self.tree.intern(text)
    }

    fn import(&mut self, node: &ast::ImportDeclaration<'_>, out: &mut Vec<StmtId>) {
        let span = self.at(node.span);
        let module = self.tree.intern(node.source.value.as_str());
        let module_span = unquoted(self.at(node.source.span));
        let all_types = node.import_kind == ast::ImportOrExportKind::Type;
        let (mut values, mut types) = (Vec::new(), Vec::new());
        for specifier in node.specifiers.iter().flatten() {
            use ast::ImportDeclarationSpecifier as N;
            let (imported, local, is_type) = match specifier {
                N::ImportSpecifier(name) => {
                    let imported = self.export_name(&name.imported);
                    let imported = if self.tree.text(imported) == "default" {
                        Imported::Default
                    } else {
                        Imported::Name(imported)
                    };
                    (imported, &name.local, name.import_kind == ast::ImportOrExportKind::Type)
                }
                N::ImportDefaultSpecifier(name) => (Imported::Default, &name.local, false),
                N::ImportNamespaceSpecifier(name) => (Imported::Module, &name.local, false),
            };
            let local_symbol = self.tree.intern(local.name.as_str());
            let name = ImportName { imported, local: local_symbol, span: self.at(local.span) };
            if all_types || is_type { types.push(name) } else { values.push(name) }
        }
        if !values.is_empty() || types.is_empty() {
            self.push_import(module, module_span, values.into(), all_types, span, out);
        }
        if !types.is_empty() {
            self.push_import(module, module_span, types.into(), true, span, out);
        }
    }

    /// `export const a = 1`: the declaration, then the export of its names.
    fn export_declaration(&mut self, node: &ast::ExportDeclaration<'_>, out: &mut Vec<StmtId>) {
        let before = out.len();
        self.declaration(&node.declaration, out);
        let mut names = Vec::new();
        for id in out.get(before..).unwrap_or_default() {
            match &self.tree.stmt(*id).kind {
                StmtKind::Assign { targets, .. } => {
                    targets.iter().for_each(|target| self.bound_names(*target, &mut names));
                }
                StmtKind::Function(id) => {
                    let function = self.tree.function(*id);
                    names.extend(function.name.map(|name| (name, function.name_span)));
                }
                StmtKind::Class(id) => {
                    let class = self.tree.class(*id);
                    names.extend(class.name.map(|name| (name, class.name_span)));
                }
                _ => {}
            }
        }
        if let ast::Declaration::TSNamespaceDeclaration(namespace) = &node.declaration
            && out.len() > before
        {
            names.push((self.tree.intern(namespace.id.name.as_str()), self.at(namespace.id.span)));
        }
        if names.is_empty() || self.export_from_namespace(&names) {
            return;
        }
        let names = names.into_iter().map(|(name, _)| ExportName { local: name, exported: name }).collect();
        let export = Export { names, from: None, all: false, default: None };
        self.push(out, self.at(node.span), StmtKind::Export(export));
    }

    /// A named function or class is declared and exported as `default`; all else is an exported expression.
    fn export_default(&mut self, node: &ast::ExportDefaultDeclaration<'_>, out: &mut Vec<StmtId>) {
        use ast::ExportDefaultDeclarationKind as K;
        let span = self.at(node.span);
        let (kind, name) = match &node.declaration {
            K::FunctionDeclaration(function) => {
                if function.body.is_none() {
                    return;
                }
                let id = self.function(function);
                match self.tree.function(id).name {
                    Some(name) => (StmtKind::Function(id), name),
                    None => return self.export_value(ExprKind::Function(id), self.at(function.span), span, out),
                }
            }
            K::ClassDeclaration(class) => {
                let id = self.class(class);
                match self.tree.class(id).name {
                    Some(name) => (StmtKind::Class(id), name),
                    None => return self.export_value(ExprKind::Class(id), self.at(class.span), span, out),
                }
            }
            K::TSInterfaceDeclaration(_) => return,
            other => {
                let default = other.as_expression().map(|expression| self.expr(expression));
                let export = Export { names: Box::default(), from: None, all: false, default };
                return self.push(out, span, StmtKind::Export(export));
            }
        };
        self.push(out, self.at(node.declaration.span()), kind);
        let names = [ExportName { local: name, exported: self.tree.intern("default") }].into();
        self.push(out, span, StmtKind::Export(Export { names, from: None, all: false, default: None }));
    }

    fn export_value(&mut self, kind: ExprKind, inner: Span, span: Span, out: &mut Vec<StmtId>) {
        let default = Some(self.add(inner, kind));
        self.push(out, span, StmtKind::Export(Export { names: Box::default(), from: None, all: false, default }));
    }

    /// A type annotation as an expression, where it is a plain reference, maybe with arguments or `| null`.
    pub(super) fn annotation(&mut self, annotation: Option<&ast::TSTypeAnnotation<'_>>) -> Option<ExprId> {
        let mut node = &annotation?.type_annotation;
        if is_narrow(node, 0) {
            return Some(self.name("Literal", self.at(annotation?.span)));
        }
        if let ast::TSType::TSUnionType(union) = node {
            use ast::TSType as T;
            let mut rest =
                union.types.iter().filter(|one| !matches!(one, T::TSNullKeyword(_) | T::TSUndefinedKeyword(_)));
            node = rest.next()?;
            if rest.next().is_some() {
                return None;
            }
        }
        match node {
            ast::TSType::TSTypeReference(reference) => self.type_name(&reference.type_name),
            _ => None,
        }
    }

    fn type_name(&mut self, name: &ast::TSTypeName<'_>) -> Option<ExprId> {
        match name {
            ast::TSTypeName::IdentifierReference(name) => Some(self.name(name.name.as_str(), self.at(name.span))),
            ast::TSTypeName::QualifiedName(name) => self.qualified(name),
            ast::TSTypeName::ThisExpression(_) => None,
        }
    }

    /// `A.B.C` of a type or import; none if it is unreasonably long.
    fn qualified(&mut self, name: &ast::TSQualifiedName<'_>) -> Option<ExprId> {
        let mut parts = vec![name];
        let mut left = &name.left;
        while let ast::TSTypeName::QualifiedName(inner) = left {
            parts.push(inner);
            left = &inner.left;
            if self.too_deep(self.at(name.span), parts.len()) {
                return None;
            }
        }
        let ast::TSTypeName::IdentifierReference(first) = left else { return None };
        let mut whole = self.name(first.name.as_str(), self.at(first.span));
        for part in parts.into_iter().rev() {
            let name = self.tree.intern(part.right.name.as_str());
            let name_span = self.at(part.right.span);
            whole = self.add(self.at(part.span), ExprKind::Member { object: whole, name, name_span, optional: false });
        }
        Some(whole)
    }

    /// The value of a number in a key.
    pub(super) fn number_text(value: f64) -> String {
        match number(value) {
            Literal::Int(value) => value.to_string(),
            _ => value.to_string(),
        }
    }
}

/// The name of a type that is a request or response.
fn reference<'a>(node: &'a ast::TSType<'a>) -> Option<&'a ast::TSTypeName<'a>> {
    match node {
        ast::TSType::TSTypeReference(reference) => Some(&reference.type_name).filter(|name| is_request(name)),
        _ => None,
    }
}

/// `Request`, `express.Response`, `FastifyRequest`
fn is_request(name: &ast::TSTypeName<'_>) -> bool {
    let last = match name {
        ast::TSTypeName::IdentifierReference(name) => name.name.as_str(),
        ast::TSTypeName::QualifiedName(name) => name.right.name.as_str(),
        ast::TSTypeName::ThisExpression(_) => return false,
    };
    last.ends_with("Request") || last.ends_with("Response")
}

/// The span of a string literal without its quotes.
fn unquoted(span: Span) -> Span {
    if span.end >= span.start + 2 { Span::new(span.start + 1, span.end - 1) } else { span }
}

/// Whether a type has no text of others: numbers, booleans, and texts that are listed one by one.
fn is_narrow(node: &ast::TSType<'_>, depth: u32) -> bool {
    use ast::TSType as T;
    match node {
        T::TSNumberKeyword(_) | T::TSBooleanKeyword(_) | T::TSBigIntKeyword(_) | T::TSLiteralType(_) => true,
        T::TSUnionType(union) if depth < 4 => {
            let empty = |one: &T<'_>| matches!(one, T::TSNullKeyword(_) | T::TSUndefinedKeyword(_));
            union.types.iter().any(|one| !empty(one))
                && union.types.iter().all(|one| empty(one) || is_narrow(one, depth + 1))
        }
        _ => false,
    }
}
