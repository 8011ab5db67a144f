//! What declarations say of what a field or a parameter can hold, read off the tree: `int`, `list[UUID]`, `Literal`,
//! `Field(pattern=…)`, validators of pydantic, columns of a mapped class.
//!
//! Nothing is run here. A type is told by its last name, an alias (`Kind = Literal["a", "b"]`) is followed to the file
//! that defines it. What validators let through is the interpreter's business.

use rustc_hash::FxHashMap;

use super::facts::{ClassRef, FileId};
use super::names::NameId;
use super::pattern::is_restrictive;
use super::project::{ClassNo, FuncId, Project, Target};
use super::scope::Binding;
use crate::model::index::Family;
use crate::syntax::{BinaryOp, ExprId, ExprKind, Literal, PatternKind, StmtKind, Tree};

/// What a field is declared to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// Numbers, dates, ids, members of an enumeration, or collections of such.
    Scalar,
    /// Text that fits an expression without anything special.
    Patterned,
    /// Text.
    Text,
}

/// What the body of a class declares.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// The first declaration of each name.
    declared: FxHashMap<NameId, Field>,
    /// Validators in the order of the text, and what they are for; `None` for every field.
    validators: Vec<(Option<NameId>, FuncId)>,
}

/// A field in a class body.
#[derive(Debug)]
struct Field {
    annotation: Option<ExprId>,
    value: Option<ExprId>,
    held: Option<Held>,
    /// A decorator looks at it in a way that is not known.
    looked_at: bool,
}

/// How deep types are looked into, and aliases followed.
const DEPTH: u8 = 6;

/// Decorators of class-validator after which a field is a text.
const TEXT: [&str; 14] = [
    "IsString",
    "IsEmail",
    "IsUrl",
    "IsURL",
    "IsFQDN",
    "Length",
    "MinLength",
    "MaxLength",
    "IsJWT",
    "IsBase64",
    "IsStrongPassword",
    "Matches",
    "Contains",
    "IsAscii",
];

/// Whether a decorator checks what is sent in a way that is not known: `@IsPublicUrl()`, `@Validate(Rule)`, `@Matches(…)`.
fn looked_at(tree: &Tree, decorators: &[ExprId]) -> bool {
    const OTHERS: [&str; 5] = ["IsOptional", "IsNotEmpty", "IsDefined", "IsArray", "IsObject"];
    decorators.iter().any(|decorator| {
        let ExprKind::Call { callee, .. } = tree.expr(*decorator).kind else { return false };
        let name = last_name(tree, callee);
        let own = name.strip_prefix("Is").is_some_and(|rest| rest.starts_with(char::is_uppercase));
        (own && !TEXT.contains(&name) && !OTHERS.contains(&name) && !name.starts_with("IsEmpty"))
            || matches!(name, "Matches" | "Validate")
    })
}

/// What the decorators of class-validator let a field hold: a type of TypeScript asks nothing of what comes in, they do.
fn decorated(tree: &Tree, decorators: &[ExprId]) -> Option<Held> {
    const NARROW: [&str; 34] = [
        "IsUUID",
        "IsInt",
        "IsNumber",
        "IsPositive",
        "IsNegative",
        "IsBoolean",
        "IsEnum",
        "IsIn",
        "IsDate",
        "IsDateString",
        "IsISO8601",
        "IsMongoId",
        "IsNumberString",
        "IsBooleanString",
        "IsAlpha",
        "IsAlphanumeric",
        "IsHexadecimal",
        "IsIP",
        "IsPort",
        "IsPhoneNumber",
        "IsMobilePhone",
        "IsLatLong",
        "IsLatitude",
        "IsLongitude",
        "IsTimeZone",
        "IsISO31661Alpha2",
        "IsHexColor",
        "IsSemVer",
        "IsMilitaryTime",
        "IsDecimal",
        "IsLocale",
        "IsCreditCard",
        "IsULID",
        "IsCurrency",
    ];
    let names: Vec<&str> = decorators
        .iter()
        .filter_map(|decorator| match tree.expr(*decorator).kind {
            ExprKind::Call { callee, .. } => Some(last_name(tree, callee)),
            _ => None,
        })
        .collect();
    if names.iter().any(|name| NARROW.contains(name)) {
        return Some(Held::Scalar);
    }
    names.iter().any(|name| TEXT.contains(name)).then_some(Held::Text)
}

impl Project {
    /// Whether a class is an enumeration.
    #[must_use]
    pub(super) fn is_enum(&self, class: ClassNo) -> bool {
        self.lineage(class).iter().any(|class| {
            let place = self.class(*class).place;
            let tree = &self.file(place.file).tree;
            tree.class(place.class).bases.iter().any(|base| match &tree.expr(*base).kind {
                ExprKind::Name(name) | ExprKind::Member { name, .. } => {
                    matches!(tree.text(*name), "Enum" | "StrEnum" | "IntEnum" | "Flag" | "IntFlag" | "TextChoices")
                }
                _ => false,
            })
        })
    }

    /// Whether a type holds nothing but numbers, dates, ids and members of enumerations, in collections or not.
    #[must_use]
    pub(super) fn holds_scalars(&self, file: FileId, annotation: ExprId) -> bool {
        self.scalars(file, annotation, DEPTH)
    }

    fn scalars(&self, file: FileId, annotation: ExprId, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let tree = &self.file(file).tree;
        let all = |index: ExprId| match &tree.expr(index).kind {
            ExprKind::Sequence { items, .. } => {
                !items.is_empty() && items.iter().all(|item| self.scalars(file, item.value, depth))
            }
            _ => self.scalars(file, index, depth),
        };
        match &tree.expr(annotation).kind {
            ExprKind::Name(name) | ExprKind::Member { name, .. } => {
                is_scalar_type(tree.text(*name))
                    || self.class_of_expr(file, annotation).is_some_and(|class| self.is_enum(class))
                    || self.alias(file, annotation).is_some_and(|(file, of)| self.scalars(file, of, depth))
            }
            ExprKind::Index { object, index } => match last_name(tree, *object) {
                "Literal" => true,
                "Annotated" => first(tree, *index).is_some_and(|of| self.scalars(file, of, depth)),
                "Optional" | "Union" | "list" | "List" | "set" | "Set" | "frozenset" | "FrozenSet" | "tuple"
                | "Tuple" | "Sequence" | "Iterable" | "Collection" | "dict" | "Dict" | "Mapping" | "Mapped" => {
                    all(*index)
                }
                _ => false,
            },
            ExprKind::Binary { op: BinaryOp::BitOr, left, right } => {
                self.scalars(file, *left, depth) && self.scalars(file, *right, depth)
            }
            ExprKind::Call { callee, .. } => matches!(last_name(tree, *callee), "conint" | "confloat" | "condecimal"),
            ExprKind::Literal(Literal::Null | Literal::Ellipsis) => true,
            // `"Optional[int]"`: a type that is named before it is there.
            ExprKind::Literal(Literal::Str(text)) => {
                let mut names = named_types(tree.text(*text)).peekable();
                names.peek().is_some()
                    && names.all(|name| {
                        is_scalar_type(name) || self.class_named(file, name).is_some_and(|class| self.is_enum(class))
                    })
            }
            _ => false,
        }
    }

    /// The class of the project that a file knows by a name.
    #[must_use]
    pub(super) fn class_named(&self, file: FileId, name: &str) -> Option<ClassNo> {
        self.class_of_name(file, self.names.get(name)?, 0)
    }

    /// Whether a declaration asks for a text that fits an expression: `Annotated[str, Query(pattern=…)]`,
    /// `constr(regex=…)`, `name: str = Field(pattern=…)`, or an alias of such a type.
    #[must_use]
    pub(super) fn is_patterned(&self, file: FileId, annotation: Option<ExprId>, default: Option<ExprId>) -> bool {
        let tree = &self.file(file).tree;
        default.is_some_and(|default| asks_for_pattern(tree, default))
            || annotation.is_some_and(|annotation| self.patterned(file, annotation, DEPTH))
    }

    fn patterned(&self, file: FileId, annotation: ExprId, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let tree = &self.file(file).tree;
        match &tree.expr(annotation).kind {
            ExprKind::Name(_) | ExprKind::Member { .. } => {
                self.alias(file, annotation).is_some_and(|(file, of)| self.patterned(file, of, depth))
            }
            ExprKind::Call { .. } => asks_for_pattern(tree, annotation),
            ExprKind::Index { object, index } => match (last_name(tree, *object), &tree.expr(*index).kind) {
                ("Annotated", ExprKind::Sequence { items, .. }) => {
                    items.iter().skip(1).any(|item| asks_for_pattern(tree, item.value))
                        || items.first().is_some_and(|item| self.patterned(file, item.value, depth))
                }
                ("Optional" | "list" | "List" | "set" | "Set", _) => self.patterned(file, *index, depth),
                _ => false,
            },
            ExprKind::Binary { op: BinaryOp::BitOr, left, right } => {
                let nothing = |expr: ExprId| matches!(tree.expr(expr).kind, ExprKind::Literal(Literal::Null));
                let fits = |expr: ExprId| nothing(expr) || self.patterned(file, expr, depth);
                fits(*left) && fits(*right)
            }
            _ => false,
        }
    }

    /// What a module-level name stands for that is assigned once: `Kind = Literal["a", "b"]`, here or where it is
    /// imported from.
    fn alias(&self, file: FileId, name: ExprId) -> Option<(FileId, ExprId)> {
        let info = self.file(file);
        let ExprKind::Name(_) = info.tree.expr(name).kind else { return None };
        let Binding::Module(var) = info.scopes.of_expr(name) else { return None };
        let (mut file, mut var) = (file, var);
        // Packages hand on what their modules define.
        for _ in 0..DEPTH {
            match self.import_of_var(file, var) {
                Some((Target::File(target), Some(name))) => (file, var) = (target, self.var(target, name)?),
                Some(_) => return None,
                None => break,
            }
        }
        let info = self.file(file);
        let mut found = info.tree.root.iter().filter_map(|stmt| match &info.tree.stmt(*stmt).kind {
            StmtKind::Assign { targets, value: Some(value), .. } => {
                targets.iter().any(|target| info.scopes.of_pattern(*target) == Binding::Module(var)).then_some(*value)
            }
            _ => None,
        });
        let value = found.next()?;
        (found.next().is_none() && value != name).then_some((file, value))
    }

    /// What a class of the project, or one that it is made from, declares a field to hold.
    #[must_use]
    pub(super) fn held(&self, class: ClassNo, name: NameId) -> Option<Held> {
        self.declared_field(class, name)?.1.held
    }

    /// The nearest class that declares a field, and how.
    fn declared_field(&self, class: ClassNo, name: NameId) -> Option<(FileId, &Field)> {
        self.lineage(class).iter().find_map(|class| {
            let field = self.fields(*class).declared.get(&name)?;
            Some((self.class(*class).place.file, field))
        })
    }

    fn fields(&self, class: ClassNo) -> &Fields {
        self.class(class).fields.get_or_init(|| {
            let ClassRef { file, class } = self.class(class).place;
            let tree = &self.file(file).tree;
            let mut fields = Fields::default();
            // Decorators of a field stand before it.
            let mut decorators: Vec<ExprId> = Vec::new();
            for stmt in &tree.class(class).body {
                match &tree.stmt(*stmt).kind {
                    StmtKind::Expr(decorator) => {
                        decorators.push(*decorator);
                        continue;
                    }
                    StmtKind::Assign { targets, value, annotation, .. } => {
                        for target in targets {
                            let PatternKind::Name(name) = tree.pattern(*target).kind else { continue };
                            let field = || match self.file(file).family {
                                Family::Python => self.field(file, *annotation, *value),
                                Family::JavaScript => {
                                    let held = decorated(tree, &decorators);
                                    let looked_at = held != Some(Held::Scalar) && looked_at(tree, &decorators);
                                    Field { annotation: *annotation, value: *value, held, looked_at }
                                }
                            };
                            fields.declared.entry(self.name(file, name)).or_insert_with(field);
                        }
                    }
                    StmtKind::Function(function) => {
                        let validated = tree.function(*function).decorators.iter().flat_map(|decorator| {
                            let ExprKind::Call { callee, args, .. } = &tree.expr(*decorator).kind else {
                                return &[][..];
                            };
                            let validates = matches!(last_name(tree, *callee), "field_validator" | "validator");
                            if validates { &args[..] } else { &[] }
                        });
                        let names = validated.filter_map(|arg| tree.string_of(arg.value));
                        let wanted = |name| if name == "*" { Some(None) } else { self.names.get(name).map(Some) };
                        let by = self.func_id(file, *function);
                        fields.validators.extend(names.filter_map(wanted).map(|name| (name, by)));
                    }
                    _ => {}
                }
                decorators.clear();
            }
            fields
        })
    }

    fn field(&self, file: FileId, annotation: Option<ExprId>, value: Option<ExprId>) -> Field {
        let tree = &self.file(file).tree;
        let looked_at = annotation.is_some_and(|annotation| self.asks_function(file, annotation, DEPTH));
        let held = if annotation.is_some_and(|annotation| self.holds_scalars(file, annotation)) {
            Some(Held::Scalar)
        } else if self.is_patterned(file, annotation, value) {
            Some(Held::Patterned)
        } else {
            annotation.is_some_and(|annotation| is_text_type(tree, annotation, 4)).then_some(Held::Text)
        };
        Field { annotation, value, held, looked_at }
    }

    /// Whether a type asks a function whether a value will do: `Annotated[str, AfterValidator(check)]`, or an alias of it.
    #[must_use]
    pub(super) fn asks_function(&self, file: FileId, annotation: ExprId, depth: u8) -> bool {
        const ASKING: [&str; 5] = ["AfterValidator", "BeforeValidator", "WrapValidator", "PlainValidator", "Predicate"];
        let Some(depth) = depth.checked_sub(1) else { return false };
        let tree = &self.file(file).tree;
        let asks = |item: ExprId| match tree.expr(item).kind {
            ExprKind::Call { callee, .. } => ASKING.contains(&last_name(tree, callee)),
            _ => false,
        };
        match &tree.expr(annotation).kind {
            ExprKind::Name(_) | ExprKind::Member { .. } => {
                self.alias(file, annotation).is_some_and(|(file, of)| self.asks_function(file, of, depth))
            }
            ExprKind::Index { object, index } => match (last_name(tree, *object), &tree.expr(*index).kind) {
                ("Annotated", ExprKind::Sequence { items, .. }) => {
                    items.iter().skip(1).any(|item| asks(item.value))
                        || items.first().is_some_and(|item| self.asks_function(file, item.value, depth))
                }
                ("Optional" | "list" | "List" | "set" | "Set" | "Sequence" | "Iterable", _) => {
                    self.asks_function(file, *index, depth)
                }
                _ => false,
            },
            ExprKind::Binary { op: BinaryOp::BitOr, left, right } => {
                self.asks_function(file, *left, depth) || self.asks_function(file, *right, depth)
            }
            _ => false,
        }
    }

    /// Whether a decorator of the project or a pattern refuses some of what a field is sent: `@IsPublicUrl() url: string`.
    #[must_use]
    pub(super) fn is_looked_at(&self, class: ClassNo, name: NameId) -> bool {
        self.declared_field(class, name).is_some_and(|(_, field)| field.looked_at)
    }

    /// Whether a field stands for a column of a table: what one row holds says nothing of another.
    #[must_use]
    pub(super) fn is_column(&self, class: ClassNo, name: NameId) -> bool {
        let Some((file, Field { annotation, value, .. })) = self.declared_field(class, name) else { return false };
        let tree = &self.file(file).tree;
        let mapped = annotation.is_some_and(|annotation| match tree.expr(annotation).kind {
            ExprKind::Index { object, .. } => last_name(tree, object) == "Mapped",
            _ => false,
        });
        mapped
            || value.is_some_and(|value| match tree.expr(value).kind {
                ExprKind::Call { callee, .. } => {
                    let made = last_name(tree, callee);
                    matches!(made, "Column" | "mapped_column" | "relationship" | "column_property" | "deferred")
                        || (made.ends_with("Field") && made.len() > "Field".len())
                        || made == "ForeignKey"
                }
                _ => false,
            })
    }

    /// The validator of pydantic for a field: `@field_validator("name")`.
    #[must_use]
    pub(super) fn validator(&self, class: ClassNo, name: NameId) -> Option<FuncId> {
        self.lineage(class).iter().find_map(|class| {
            let mut validators = self.fields(*class).validators.iter();
            validators.find(|(of, _)| of.is_none_or(|of| of == name)).map(|(_, validator)| *validator)
        })
    }

    /// Whether a function refuses something: it throws somewhere.
    #[must_use]
    pub(super) fn refuses(&self, function: FuncId) -> bool {
        let place = self.function(function).place;
        let tree = &self.file(place.file).tree;
        let span = tree.function(place.function).span;
        tree.stmts().any(|(_, stmt)| matches!(stmt.kind, StmtKind::Throw(_)) && span.contains(stmt.span))
    }
}

/// `Query(pattern="^[a-z]+$")`, `StringConstraints(regex=…)`.
fn asks_for_pattern(tree: &Tree, call: ExprId) -> bool {
    let ExprKind::Call { args, .. } = &tree.expr(call).kind else { return false };
    args.iter().any(|arg| {
        arg.name.is_some_and(|name| matches!(tree.text(name), "pattern" | "regex"))
            && tree.string_of(arg.value).is_some_and(|pattern| is_restrictive(pattern, false, false))
    })
}

fn last_name(tree: &Tree, expr: ExprId) -> &str {
    match tree.expr(expr).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => tree.text(name),
        _ => "",
    }
}

/// The types in a text such as `Optional[int]` or `Row | None`, without what holds them.
pub(super) fn named_types(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
        .map(|name| name.rsplit('.').next().unwrap_or(name))
        .filter(|name| !matches!(*name, "" | "None" | "Optional" | "Union" | "List" | "list" | "Set" | "set"))
}

fn first(tree: &Tree, index: ExprId) -> Option<ExprId> {
    match &tree.expr(index).kind {
        ExprKind::Sequence { items, .. } => items.first().map(|item| item.value),
        _ => None,
    }
}

/// `str`, `EmailStr`, `Optional[str]`, `str | None`.
pub(super) fn is_text_type(tree: &crate::syntax::Tree, annotation: ExprId, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &tree.expr(annotation).kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => {
            matches!(
                tree.text(*name),
                "str" | "EmailStr" | "StrictStr" | "HttpUrl" | "AnyUrl" | "AnyHttpUrl" | "constr"
            )
        }
        ExprKind::Call { callee, .. } => is_text_type(tree, *callee, depth),
        ExprKind::Index { object, index } => match (&tree.expr(*object).kind, &tree.expr(*index).kind) {
            (ExprKind::Name(name), _) if tree.text(*name) == "Optional" => is_text_type(tree, *index, depth),
            (ExprKind::Name(name), ExprKind::Sequence { items, .. }) if tree.text(*name) == "Annotated" => {
                items.first().is_some_and(|item| is_text_type(tree, item.value, depth))
            }
            _ => false,
        },
        ExprKind::Binary { op: BinaryOp::BitOr, left, right } => {
            let nothing =
                |expr: ExprId| matches!(tree.expr(expr).kind, ExprKind::Literal(crate::syntax::Literal::Null));
            (is_text_type(tree, *left, depth) && nothing(*right))
                || (nothing(*left) && is_text_type(tree, *right, depth))
        }
        _ => false,
    }
}

/// Types of the standard library and of pydantic that hold no free text.
pub(super) fn is_scalar_type(name: &str) -> bool {
    matches!(
        name,
        "int"
            | "float"
            | "bool"
            | "complex"
            | "date"
            | "datetime"
            | "time"
            | "timedelta"
            | "Decimal"
            | "PositiveInt"
            | "NonNegativeInt"
            | "NegativeInt"
            | "ObjectId"
            | "IPvAnyAddress"
            | "IPv4Address"
            | "IPv6Address"
    ) || matches!(
        name,
        "PositiveFloat" | "NonNegativeFloat" | "FiniteFloat" | "StrictInt" | "StrictFloat" | "StrictBool"
    ) || matches!(name, "UUID" | "UUID1" | "UUID3" | "UUID4" | "UUID5" | "UUID6" | "UUID7")
}
