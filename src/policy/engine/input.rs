//! Documents as the evaluator holds them.
//!
//! An audit document becomes the evaluator's values at once, as [`serde`] goes through it: writing it as JSON and reading
//! that again would take several times as long, and a run judges its document four times.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

use regorus::Value;
use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::ser;

use crate::policy::error::PolicyError;

/// A document as the evaluator holds it: made once, shared by all evaluations.
#[derive(Debug, Clone)]
pub struct Input(pub(super) Value);

impl Input {
    /// Takes over anything that serialises to JSON.
    pub fn new(document: &impl Serialize) -> Result<Self, PolicyError> {
        Self::made(document, None)
    }

    /// Parses JSON text.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Value::from_json_str(text).map(Self).map_err(|error| PolicyError::Input(error.to_string()))
    }

    fn made(document: &impl Serialize, known: Option<(&'static str, Value)>) -> Result<Self, PolicyError> {
        let keys = Keys::default();
        let value = document.serialize(Maker { keys: &keys, known, depth: 0 });
        value.map(Self).map_err(|Refused(why)| PolicyError::Input(why))
    }
}

/// A part of documents that stays the same from one stage to the next, kept as the evaluator holds it.
#[derive(Debug)]
pub struct Kept<T>(Mutex<Option<(T, Value)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Serialize + PartialEq + Clone> Kept<T> {
    /// A document whose field `name` holds `part`: if that is as it was the last time, it is not converted again.
    pub fn input(&self, document: &impl Serialize, name: &'static str, part: &T) -> Result<Input, PolicyError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = kept.as_ref().filter(|(known, _)| known == part).map(|(_, value)| value.clone());
        let value = if let Some(value) = same {
            value
        } else {
            let Input(value) = Input::new(part)?;
            *kept = Some((part.clone(), value.clone()));
            value
        };
        drop(kept);
        Input::made(document, Some((name, value)))
    }
}

/// Levels of nesting, as `serde_json` reads them.
const DEEPEST: usize = 127;

/// Names of fields, each made once; told apart by where they are in the program.
type Keys = RefCell<FxHashMap<(usize, usize), Value>>;

/// Why something cannot be a document.
#[derive(Debug)]
struct Refused(String);

impl Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

/// Makes a value of what [`serde`] shows it, as JSON would be.
struct Maker<'k> {
    keys: &'k Keys,
    /// A field of the outermost structure and its value, which is not looked at.
    known: Option<(&'static str, Value)>,
    /// How many lists and objects are around.
    depth: usize,
}

impl<'k> Maker<'k> {
    /// For what lies in a list or an object.
    fn inner(&self) -> Result<Maker<'k>, Refused> {
        if self.depth == DEEPEST {
            return Err(ser::Error::custom(format!("it is nested more than {DEEPEST} levels deep")));
        }
        Ok(Maker { keys: self.keys, known: None, depth: self.depth + 1 })
    }

    fn object(self) -> Fields<Self> {
        Fields { maker: self, held: BTreeMap::new(), key: Value::Null, around: None }
    }

    fn list(self, length: usize) -> Items<Self> {
        Items { maker: self, held: Vec::with_capacity(length.min(1 << 16)), around: None }
    }
}

fn of_name(keys: &Keys, name: &'static str) -> Value {
    keys.borrow_mut().entry((name.as_ptr().addr(), name.len())).or_insert_with(|| Value::from(name)).clone()
}

fn around(variant: Option<Value>, value: Value) -> Value {
    match variant {
        Some(variant) => Value::from(BTreeMap::from([(variant, value)])),
        None => value,
    }
}

/// An object on the way, in the object of its variant if it is one of an enumeration.
struct Fields<M> {
    maker: M,
    held: BTreeMap<Value, Value>,
    key: Value,
    around: Option<Value>,
}

/// A list on the way.
struct Items<M> {
    maker: M,
    held: Vec<Value>,
    around: Option<Value>,
}

impl Items<Maker<'_>> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.held.push(value.serialize(self.maker.inner()?)?);
        Ok(())
    }

    fn finish(self) -> Value {
        around(self.around, Value::from(self.held))
    }
}

impl Fields<Maker<'_>> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
        let key = of_name(self.maker.keys, name);
        let value = match &self.maker.known {
            Some((known, value)) if *known == name => value.clone(),
            _ => value.serialize(self.maker.inner()?)?,
        };
        self.held.insert(key, value);
        Ok(())
    }

    fn finish(self) -> Value {
        around(self.around, Value::from(self.held))
    }
}

impl ser::Serializer for Maker<'_> {
    type Ok = Value;
    type Error = Refused;
    type SerializeSeq = Items<Self>;
    type SerializeTuple = Items<Self>;
    type SerializeTupleStruct = Items<Self>;
    type SerializeTupleVariant = Items<Self>;
    type SerializeMap = Fields<Self>;
    type SerializeStruct = Fields<Self>;
    type SerializeStructVariant = Fields<Self>;

    fn serialize_bool(self, value: bool) -> Result<Value, Refused> {
        Ok(Value::from(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, Refused> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Value, Refused> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Value, Refused> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Value, Refused> {
        Ok(u64::try_from(value).map_or_else(|_| Value::from(value), Value::from))
    }

    fn serialize_u8(self, value: u8) -> Result<Value, Refused> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<Value, Refused> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<Value, Refused> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<Value, Refused> {
        Ok(Value::from(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value, Refused> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, Refused> {
        // as JSON has it, which has no such numbers
        Ok(if value.is_finite() { Value::from(value) } else { Value::Null })
    }

    fn serialize_char(self, value: char) -> Result<Value, Refused> {
        Ok(Value::from(value.encode_utf8(&mut [0; 4]) as &str))
    }

    fn serialize_str(self, value: &str) -> Result<Value, Refused> {
        Ok(Value::from(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, Refused> {
        Ok(Value::from(value.iter().map(|byte| Value::from(u64::from(*byte))).collect::<Vec<_>>()))
    }

    fn serialize_none(self) -> Result<Value, Refused> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Refused> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Refused> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Refused> {
        Ok(of_name(self.keys, variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value, Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Refused> {
        let variant = of_name(self.keys, variant);
        Ok(around(Some(variant), value.serialize(self.inner()?)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<Self>, Refused> {
        Ok(self.list(length.unwrap_or(0)))
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<Self>, Refused> {
        Ok(self.list(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items<Self>, Refused> {
        Ok(self.list(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<Self>, Refused> {
        let around = Some(of_name(self.keys, variant));
        Ok(Items { around, ..self.list(length) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<Self>, Refused> {
        Ok(self.object())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<Self>, Refused> {
        Ok(self.object())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<Self>, Refused> {
        let around = Some(of_name(self.keys, variant));
        Ok(Fields { around, ..self.object() })
    }
}

/// serde has a trait for each kind of list and structure; what they do is the same.
macro_rules! collects {
    ($($kind:ident for $of:ident: $method:ident($($name:ident: $type:ty)?) => $add:ident;)+) => {$(
        impl ser::$kind for $of<Maker<'_>> {
            type Ok = Value;
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)? value: &T) -> Result<(), Refused> {
                self.$add($($name,)? value)
            }

            fn end(self) -> Result<Value, Refused> {
                Ok(self.finish())
            }
        }
    )+};
}

collects! {
    SerializeSeq for Items: serialize_element() => push;
    SerializeTuple for Items: serialize_element() => push;
    SerializeTupleStruct for Items: serialize_field() => push;
    SerializeTupleVariant for Items: serialize_field() => push;
    SerializeStruct for Fields: serialize_field(name: &'static str) => field;
    SerializeStructVariant for Fields: serialize_field(name: &'static str) => field;
}

impl ser::SerializeMap for Fields<Maker<'_>> {
    type Ok = Value;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key = match key.serialize(self.maker.inner()?)? {
            key @ Value::String(_) => key,
            key @ (Value::Number(_) | Value::Bool(_)) => Value::from(key.to_string()),
            _ => return Err(ser::Error::custom("a key is no string")),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let key = std::mem::replace(&mut self.key, Value::Null);
        self.held.insert(key, value.serialize(self.maker.inner()?)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Refused> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Serialize;

    use super::{Input, Kept};

    #[derive(Debug, Clone, PartialEq, Serialize)]
    enum Kind {
        Plain,
        One(i32),
        Two(u8, char),
        Named { at: Option<f64>, list: Vec<Kind> },
    }

    #[derive(Debug, Clone, PartialEq, Serialize)]
    struct Unit;

    #[derive(Debug, Clone, PartialEq, Serialize)]
    struct Part {
        kinds: Vec<Kind>,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<String>,
        pair: (i64, Unit),
        by_name: BTreeMap<String, u64>,
        by_number: BTreeMap<i16, bool>,
        #[serde(flatten)]
        more: BTreeMap<String, String>,
    }

    fn kind() -> impl Strategy<Value = Kind> {
        let leaf = prop_oneof![
            Just(Kind::Plain),
            any::<i32>().prop_map(Kind::One),
            (any::<u8>(), any::<char>()).prop_map(|(one, two)| Kind::Two(one, two)),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let at = proptest::option::of(prop_oneof![any::<f64>(), Just(1.0)]);
            (at, prop::collection::vec(inner, 0..4)).prop_map(|(at, list)| Kind::Named { at, list })
        })
    }

    fn part() -> impl Strategy<Value = Part> {
        (
            prop::collection::vec(kind(), 0..4),
            proptest::option::of(".{0,8}"),
            any::<i64>(),
            prop::collection::btree_map(".{0,4}", any::<u64>(), 0..4),
            prop::collection::btree_map(any::<i16>(), any::<bool>(), 0..4),
            prop::collection::btree_map("[a-z]{1,3}", ".{0,4}", 0..3),
        )
            .prop_map(|(kinds, absent, number, by_name, by_number, more)| Part {
                kinds,
                absent,
                pair: (number, Unit),
                by_name,
                by_number,
                more,
            })
    }

    proptest! {
        #[test]
        fn a_document_is_what_its_json_is(part in part()) {
            let text = serde_json::to_string(&part).unwrap();
            prop_assert_eq!(Input::new(&part).unwrap().0, Input::parse(&text).unwrap().0);
        }
    }

    #[derive(Serialize)]
    struct Document {
        before: u8,
        parts: Vec<Part>,
        after: Inner,
    }

    #[derive(Serialize)]
    struct Inner {
        parts: u8,
    }

    #[test]
    fn a_part_is_kept_as_long_as_it_stays_the_same() {
        let part = |name: &str| Part {
            kinds: vec![Kind::Plain],
            absent: Some(name.to_owned()),
            pair: (-1, Unit),
            by_name: BTreeMap::new(),
            by_number: BTreeMap::new(),
            more: BTreeMap::new(),
        };
        let kept = Kept::default();
        for name in ["a", "a", "b", "a"] {
            let document = Document { before: 1, parts: vec![part(name)], after: Inner { parts: 2 } };
            let made = kept.input(&document, "parts", &document.parts).unwrap();
            assert_eq!(made.0, Input::new(&document).unwrap().0, "{name}");
        }
    }

    #[test]
    fn keys_that_json_does_not_have_are_refused() {
        assert!(Input::new(&BTreeMap::from([((1, 2), 3)])).is_err());
        assert!(Input::new(&BTreeMap::from([(Some("a"), 3)])).is_ok());
    }
}
