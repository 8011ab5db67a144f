//! Serializers of Django REST framework that let clients write columns which others should decide: whether something is
//! paid or approved, who somebody is, whose an object is. And whether the rows of a viewset belong to somebody.

use rustc_hash::FxHashMap;

use super::Endpoint;
use super::columns::names_users;
use super::django::strings;
use super::evidence::{Evidence, last, written};
use super::patterns::{matches, pattern};
use super::trusted::{Trusted, decides};
use crate::base::Location;
use crate::flow::facts::{ClassRef, FuncRef};
use crate::syntax::visit::{Node, Walk};
use crate::syntax::{ExprId, ExprKind, Literal, PatternKind, StmtId, StmtKind, Tree};

// What a process or a person other than the writer decides.
pattern!(
    STATE,
    r"(?i)^(is_?)?(paid|approved|verified|suspended|banned|blocked|confirmed|refunded|premium|verificado|aprobado|pagad[oa]|suspendid[oa])$|^(payment|verification|approval|review|kyc)_?(status|state)$|^(verified|approved|reviewed)_?by$|^estado_?(verificacion|pago|aprobacion)$"
);
pattern!(SOLD, r"(?i)(order|booking|invoice|payment|reservation|purchase|payout|subscription)s?$");
pattern!(OWNER, r"(?i)^(user|owner|author|customer|created_?by|seller|creator|member|account)$");
pattern!(PEOPLE, r"(?i)(^|\.)(User|CustomUser|AUTH_USER_MODEL|get_user_model)$");

/// What a viewset's serializer and rows are like.
#[derive(Clone, Default)]
pub(super) struct Viewset {
    /// Columns that clients may write and should not.
    pub trusts: Vec<Trusted>,
    /// Its rows have a column for their owner.
    pub owned: bool,
}

/// Whether a column holds what a process or a person other than the writer decides.
pub(super) fn is_state(name: &str) -> bool {
    matches(&STATE, name)
}

/// Viewsets, as asked so far.
#[derive(Default)]
pub(super) struct Viewsets {
    known: FxHashMap<ClassRef, Viewset>,
}

impl Viewsets {
    /// The viewset of a route, where it is one.
    pub(super) fn of(&mut self, evidence: &Evidence<'_>, endpoint: &Endpoint) -> Option<Viewset> {
        if !endpoint.framework.starts_with("django") {
            return None;
        }
        let place = endpoint.handler_location.as_ref().unwrap_or(&endpoint.location);
        // Generic views have methods instead of actions.
        let (name, action) = endpoint.handler.rsplit_once('.').unwrap_or((&endpoint.handler, ""));
        let serves = |wanted: &[&str]| {
            let generic = |method: &&str| is_generic(evidence, &place.path, name, method);
            action.is_empty()
                && wanted.iter().filter(|method| endpoint.methods.iter().any(|own| own == *method)).any(generic)
        };
        let changes = matches!(action, "update" | "partial_update" | "put" | "patch") || serves(&["PUT", "PATCH"]);
        let writes = changes || matches!(action, "create" | "post") || serves(&["POST"]);
        if !writes && !matches!(action, "destroy" | "retrieve" | "delete") && !serves(&["GET", "DELETE"]) {
            return None;
        }
        let class = evidence.class_at(&place.path, name)?;
        let viewset = self.known.entry(class).or_insert_with(|| look(evidence, class));
        let mut viewset = viewset.clone();
        viewset.trusts.retain(|trusted| writes && (changes || trusted.kind != "plain-password"));
        Some(viewset)
    }

    /// What a view lets clients write that fills a serializer with what was sent and saves it itself.
    pub(super) fn filled(evidence: &Evidence<'_>, endpoint: &Endpoint) -> Vec<Trusted> {
        let django = endpoint.framework.starts_with("django") || endpoint.framework == "rest_framework";
        let writes = |method: &String| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "ANY");
        if !django || !endpoint.methods.iter().any(writes) {
            return Vec::new();
        }
        endpoint.functions.iter().flat_map(|function| filled(evidence, *function)).collect()
    }
}

/// Whether a class is one of the framework's generic views that serve a method by themselves: `ListCreateAPIView`.
pub(super) fn is_generic(evidence: &Evidence<'_>, path: &str, name: &str, method: &str) -> bool {
    let Some(class) = evidence.class_at(path, name) else { return false };
    let (part, own) = match method {
        "GET" => (["List", "Retrieve"], "get"),
        "POST" => (["Create", "Create"], "post"),
        "PUT" => (["Update", "Update"], "put"),
        "PATCH" => (["Update", "Update"], "patch"),
        "DELETE" => (["Destroy", "Destroy"], "delete"),
        _ => return false,
    };
    evidence.method(class, own).is_none()
        && evidence.lineage(class).into_iter().any(|at| {
            let tree = evidence.tree(at.file);
            tree.class(at.class).bases.iter().any(|base| {
                let base = written(tree, *base);
                let base = last(&base);
                base.ends_with("APIView") && part.iter().any(|part| base.contains(part))
            })
        })
}

/// `serializer = BookingSerializer(data=request.data)`, and `serializer.save()` without anything that the server adds.
fn filled(evidence: &Evidence<'_>, function: FuncRef) -> Vec<Trusted> {
    let info = evidence.project.file(function.file);
    let tree = &info.tree;
    let (mut made, mut saved, mut adds) = (Vec::new(), false, false);
    for node in Walk::block(tree, &tree.function(function.function).body).take(4000) {
        let Node::Expr(expr) = node else { continue };
        let ExprKind::Call { callee, args, .. } = &tree.expr(expr).kind else { continue };
        let name = written(tree, *callee);
        if last(&name) == "save" {
            saved = true;
            adds |= !args.is_empty();
        }
        let sent = |arg: &crate::syntax::Arg| {
            arg.name.is_some_and(|name| tree.text(name) == "data")
                && info.source.slice(tree.expr(arg.value).span).contains("request.")
        };
        if last(&name).ends_with("Serializer") && args.iter().any(sent) {
            made.extend(evidence.class_named(function.file, last(&name)));
        }
    }
    if !saved {
        return Vec::new();
    }
    let decided = |class: ClassRef| {
        let own = ["create", "update", "save", "validate"].iter().any(|name| evidence.method(class, name).is_some());
        Serialized::of(evidence, class).filter(|_| !own)
    };
    made.into_iter().filter_map(decided).flat_map(|one| one.writable(evidence, adds)).collect()
}

fn look(evidence: &Evidence<'_>, class: ClassRef) -> Viewset {
    let Some((at, serializer)) = field_of(evidence, class, "serializer_class") else { return Viewset::default() };
    let name = written(evidence.tree(at.file), serializer.1);
    let Some(serializer) = evidence.class_named(at.file, last(&name)) else { return Viewset::default() };
    let sets_owner = ["perform_create", "create"].iter().any(|name| evidence.method(class, name).is_some())
        || evidence.method(serializer, "create").is_some();
    let Some(serialized) = Serialized::of(evidence, serializer) else { return Viewset::default() };
    let hashes = ["update", "save", "validate_password", "validate"]
        .iter()
        .any(|name| evidence.method(serializer, name).is_some())
        || ["perform_update", "update", "partial_update"].iter().any(|name| evidence.method(class, name).is_some());
    let owned = serialized.columns(evidence).iter().any(|column| column.owner) && !asks_caller(evidence, class);
    let mut trusts = serialized.writable(evidence, sets_owner);
    if !hashes && serialized.lists("password") && serialized.is_of_people(evidence) {
        let location = serialized.location.clone();
        trusts.push(Trusted { kind: "plain-password".to_owned(), field: "password".to_owned(), location });
    }
    let looks = |name: &str| {
        ["validate".to_owned(), "to_internal_value".to_owned(), format!("validate_{name}")]
            .iter()
            .any(|method| evidence.method(serializer, method).is_some())
    };
    trusts.extend(serialized.any_files(evidence).filter(|trusted| !looks(&trusted.field)));
    Viewset { trusts, owned }
}

/// Whether the rows that a viewset works on are chosen by who calls, or objects have permissions of their own.
fn asks_caller(evidence: &Evidence<'_>, class: ClassRef) -> bool {
    let speaks = |name: &str| {
        evidence.method(class, name).is_some_and(|function| {
            let info = evidence.project.file(function.file);
            info.source.slice(info.tree.function(function.function).span).contains("request.user")
        })
    };
    let backends = || {
        field_of(evidence, class, "filter_backends").is_some_and(|(at, (stmt, _))| {
            let info = evidence.project.file(at.file);
            !info.source.slice(info.tree.stmt(stmt).span).contains("django_filters")
                && info.source.slice(info.tree.stmt(stmt).span).contains("Owner")
        })
    };
    ["get_queryset", "get_object", "check_object_permissions", "perform_update", "perform_destroy", "update", "destroy"]
        .into_iter()
        .any(speaks)
        || backends()
}

/// A serializer over a model.
struct Serialized {
    model: ClassRef,
    /// Names of `fields`; `__all__` stands for every column.
    listed: Vec<String>,
    left_out: Vec<String>,
    read_only: Vec<String>,
    location: Location,
}

/// A column of a model.
struct Column<'e> {
    name: &'e str,
    /// A key of somebody who logs in.
    owner: bool,
    fixed: bool,
    /// A file of any kind: a picture is looked at by its field, others only by validators.
    any_file: Option<Location>,
}

impl Serialized {
    fn of(evidence: &Evidence<'_>, class: ClassRef) -> Option<Self> {
        let tree = evidence.tree(class.file);
        let body = &tree.class(class.class).body;
        let meta = body.iter().find_map(|stmt| match tree.stmt(*stmt).kind {
            StmtKind::Class(inner) => {
                tree.class(inner).name.is_some_and(|name| tree.text(name) == "Meta").then_some(inner)
            }
            _ => None,
        })?;
        let meta = &tree.class(meta).body;
        let texts = |name: &str| field(tree, meta, name).map(|(_, value)| strings(tree, value)).unwrap_or_default();
        let (stmt, fields) = field(tree, meta, "fields").or_else(|| field(tree, meta, "exclude"))?;
        let all = strings(tree, fields).iter().any(|name| name == "__all__");
        let left_out = texts("exclude");
        let (_, model) = field(tree, meta, "model")?;
        let model = evidence.class_named(class.file, last(&written(tree, model)))?;
        let mut read_only = texts("read_only_fields");
        // Declared ones: computed, or read only.
        for stmt in body {
            let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
            let ExprKind::Call { callee, args, .. } = &tree.expr(*value).kind else { continue };
            let kind = written(tree, *callee);
            let fixed = matches!(last(&kind), "SerializerMethodField" | "ReadOnlyField" | "HiddenField")
                || last(&kind).ends_with("Serializer")
                || args.iter().any(|arg| arg.name.is_some_and(|name| tree.text(name) == "read_only"));
            for target in targets.iter().filter(|_| fixed) {
                if let PatternKind::Name(name) = tree.pattern(*target).kind {
                    read_only.push(tree.text(name).to_owned());
                }
            }
        }
        // Whatever is said of single fields in another way.
        if let Some((_, extra)) = field(tree, meta, "extra_kwargs")
            && let ExprKind::Map { entries } = &tree.expr(extra).kind
        {
            for entry in entries {
                let text = evidence.project.file(class.file).source.slice(tree.expr(entry.value).span);
                if let Some(crate::syntax::Key::Static(key, _)) = entry.key
                    && text.contains("read_only")
                {
                    read_only.push(tree.text(key).to_owned());
                }
            }
        }
        let listed = if all || !left_out.is_empty() { vec!["__all__".to_owned()] } else { texts("fields") };
        let location = evidence.locate(class.file, tree.stmt(stmt).span);
        Some(Self { model, listed, left_out, read_only, location })
    }

    /// Whether a column is among those that are named, and may be written.
    fn lists(&self, name: &str) -> bool {
        let among = |names: &[String]| names.iter().any(|known| known == name);
        among(&self.listed) && !among(&self.read_only)
    }

    /// Whether the model is one of people who log in.
    fn is_of_people(&self, evidence: &Evidence<'_>) -> bool {
        evidence.lineage(self.model).into_iter().any(|at| {
            let tree = evidence.tree(at.file);
            let made = |base: &ExprId| matches!(last(&written(tree, *base)), "AbstractUser" | "AbstractBaseUser");
            tree.class(at.class).bases.iter().any(made)
        })
    }

    /// The columns that the model declares, with those it inherits.
    fn columns<'e>(&self, evidence: &Evidence<'e>) -> Vec<Column<'e>> {
        let mut found = Vec::new();
        for at in evidence.lineage(self.model) {
            let tree = evidence.tree(at.file);
            for stmt in &tree.class(at.class).body {
                let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { continue };
                let ExprKind::Call { callee, args, .. } = &tree.expr(*value).kind else { continue };
                let kind = written(tree, *callee);
                let key = matches!(last(&kind), "ForeignKey" | "OneToOneField");
                if !key && !last(&kind).ends_with("Field") {
                    continue;
                }
                let of_person = key && args.first().is_some_and(|arg| is_person(tree, arg.value));
                let fixed = args.iter().any(|arg| {
                    arg.name.is_some_and(|name| match tree.text(name) {
                        "auto_now" | "auto_now_add" => true,
                        "editable" => matches!(tree.expr(arg.value).kind, ExprKind::Literal(Literal::Bool(false))),
                        _ => false,
                    })
                });
                let PatternKind::Name(name) = tree.pattern(targets[0]).kind else { continue };
                let name = tree.text(name);
                let looked_at = args.iter().any(|arg| arg.name.is_some_and(|name| tree.text(name) == "validators"));
                let any_file =
                    (last(&kind) == "FileField" && !looked_at).then(|| evidence.locate(at.file, tree.stmt(*stmt).span));
                found.push(Column { name, owner: of_person && matches(&OWNER, name), fixed, any_file });
            }
        }
        found
    }

    /// Columns for files that clients write and no validator looks at.
    fn any_files(&self, evidence: &Evidence<'_>) -> impl Iterator<Item = Trusted> {
        let all = self.listed.iter().any(|name| name == "__all__");
        let among = |names: &[String], name: &str| names.iter().any(|known| known == name);
        let columns = self.columns(evidence).into_iter();
        let written = columns.filter(|column| {
            (if all { !among(&self.left_out, column.name) } else { among(&self.listed, column.name) })
                && !among(&self.read_only, column.name)
        });
        let found = written.filter_map(|column| {
            let location = column.any_file?;
            Some(Trusted { kind: "any-file".to_owned(), field: column.name.to_owned(), location })
        });
        found.collect::<Vec<_>>().into_iter()
    }

    fn writable(&self, evidence: &Evidence<'_>, sets_owner: bool) -> Vec<Trusted> {
        let tree = evidence.tree(self.model.file);
        let model = tree.class(self.model.class).name.map_or("", |name| tree.text(name));
        let all = self.listed.iter().any(|name| name == "__all__");
        let people = self.is_of_people(evidence);
        let among = |names: &[String], column: &Column<'_>| names.iter().any(|name| name == column.name);
        let written = |column: &Column<'_>| {
            !column.fixed
                && (if all { !among(&self.left_out, column) } else { among(&self.listed, column) })
                && !among(&self.read_only, column)
        };
        let decided = |column: &Column<'_>| match decides(column.name) {
            _ if column.owner => all && !sets_owner,
            Some("role") => people || names_users(&[model]) || matches(&STATE, column.name),
            Some(_) => matches(&SOLD, model),
            None => matches(&STATE, column.name) || column.name == "status" && matches(&SOLD, model),
        };
        let columns = self.columns(evidence);
        let found = columns.iter().filter(|column| written(column) && decided(column)).take(6);
        found
            .map(|column| Trusted {
                kind: "writable-column".to_owned(),
                field: column.name.to_owned(),
                location: self.location.clone(),
            })
            .collect()
    }
}

/// `User`, `settings.AUTH_USER_MODEL`, `"accounts.User"`, `get_user_model()`.
fn is_person(tree: &Tree, expr: ExprId) -> bool {
    match &tree.expr(expr).kind {
        ExprKind::Call { callee, .. } => matches(&PEOPLE, &written(tree, *callee)),
        _ => tree.string_of(expr).map_or_else(|| matches(&PEOPLE, &written(tree, expr)), |name| matches(&PEOPLE, name)),
    }
}

/// A field of a class body: its statement and its value.
fn field(tree: &Tree, body: &[StmtId], wanted: &str) -> Option<(StmtId, ExprId)> {
    body.iter().find_map(|stmt| {
        let StmtKind::Assign { targets, value: Some(value), .. } = &tree.stmt(*stmt).kind else { return None };
        let PatternKind::Name(name) = tree.pattern(*targets.first()?).kind else { return None };
        (tree.text(name) == wanted).then_some((*stmt, *value))
    })
}

/// The same of a class and those that it is made from.
fn field_of(evidence: &Evidence<'_>, class: ClassRef, wanted: &str) -> Option<(ClassRef, (StmtId, ExprId))> {
    evidence.lineage(class).into_iter().find_map(|at| {
        let tree = evidence.tree(at.file);
        field(tree, &tree.class(at.class).body, wanted).map(|found| (at, found))
    })
}
