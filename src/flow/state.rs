//! What holds at one place of a function: the values of its variables and the objects it knows the fields of.

use std::rc::Rc;

use super::names::NameId;
use super::value::{Interner, Value};

/// How many fields an object keeps apart.
const MAX_FIELDS: usize = 96;

/// An object with known fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Field or constant key, value, and whether the object may also not have it (then what lies under it shows).
    pub fields: Vec<(NameId, Value, bool)>,
    /// What is under keys that are not known.
    pub rest: Value,
    /// Laid over a value whose own members are known elsewhere (a parameter, a library value): a missing field is read there.
    pub overlay: bool,
    /// List, tuple, set, array: its fields are `0`, `1`, …
    pub is_list: bool,
    /// How many elements there are, if known.
    pub count: Option<u32>,
}

impl Object {
    /// Without fields.
    #[must_use]
    pub fn new(overlay: bool, is_list: bool) -> Self {
        Self { fields: Vec::new(), rest: Value::NONE, overlay, is_list, count: is_list.then_some(0) }
    }

    /// A field and whether it may be missing.
    #[must_use]
    pub fn field(&self, name: NameId) -> Option<(Value, bool)> {
        self.fields.iter().find(|(key, ..)| *key == name).map(|(_, value, weak)| (*value, *weak))
    }

    /// Sets a field for sure.
    pub fn set(&mut self, name: NameId, value: Value) {
        let full = self.fields.len() >= MAX_FIELDS;
        match self.fields.iter_mut().find(|(key, ..)| *key == name) {
            Some(field) => (field.1, field.2) = (value, false),
            None if full => self.rest = if self.rest == Value::NONE { value } else { self.rest },
            None => self.fields.push((name, value, false)),
        }
    }

    /// Every field may be missing.
    fn weaken(&mut self) {
        for field in &mut self.fields {
            field.2 = true;
        }
    }

    fn join(&self, other: &Self, interner: &mut Interner) -> Self {
        let mut fields = Vec::with_capacity(self.fields.len());
        for (name, value, weak) in &self.fields {
            match other.field(*name) {
                Some((theirs, other_weak)) => fields.push((*name, interner.join(*value, theirs), *weak || other_weak)),
                None => fields.push((*name, *value, true)),
            }
        }
        for (name, value, _) in &other.fields {
            if self.field(*name).is_none() {
                fields.push((*name, *value, true));
            }
        }
        Self {
            fields,
            rest: interner.join(self.rest, other.rest),
            overlay: self.overlay || other.overlay,
            is_list: self.is_list,
            count: if self.count == other.count { self.count } else { None },
        }
    }
}

/// Variables and heap. Cloning copies numbers and counts references.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Values by variable.
    pub vars: Vec<Value>,
    /// Objects by number; an object that is not made yet is `None`.
    pub heap: Vec<Option<Rc<Object>>>,
}

impl State {
    /// With so many variables, none assigned.
    #[must_use]
    pub fn new(vars: usize) -> Self {
        Self { vars: vec![Value::NONE; vars], heap: Vec::new() }
    }

    /// An object.
    #[must_use]
    pub fn object(&self, at: u32) -> Option<&Object> {
        self.heap.get(at as usize).and_then(|object| object.as_deref())
    }

    /// An object to change, made if it is not there.
    pub fn object_mut(&mut self, at: u32) -> &mut Object {
        let at = at as usize;
        if self.heap.len() <= at {
            self.heap.resize(at + 1, None);
        }
        Rc::make_mut(self.heap[at].get_or_insert_with(|| Rc::new(Object::new(true, false))))
    }

    /// Puts an object in place of whatever was there.
    pub fn put(&mut self, at: u32, object: Object) {
        let at = at as usize;
        if self.heap.len() <= at {
            self.heap.resize(at + 1, None);
        }
        self.heap[at] = Some(Rc::new(object));
    }

    /// Takes in what holds on another way here. Tells whether anything changed.
    pub fn join(&mut self, other: &Self, interner: &mut Interner) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.vars.iter_mut().zip(&other.vars) {
            if mine != theirs {
                let joined = interner.join(*mine, *theirs);
                changed |= joined != *mine;
                *mine = joined;
            }
        }
        if self.heap.len() < other.heap.len() {
            self.heap.resize(other.heap.len(), None);
        }
        for (at, mine) in self.heap.iter_mut().enumerate() {
            let theirs = other.heap.get(at).unwrap_or(&None);
            match (&mut *mine, theirs) {
                (None, None) => {}
                (Some(object), None) => {
                    // On the other way nothing lies over the value: its own members show through.
                    if object.overlay && object.fields.iter().any(|(.., weak)| !weak) {
                        Rc::make_mut(object).weaken();
                        changed = true;
                    }
                }
                (None, Some(theirs)) => {
                    let mut theirs = theirs.clone();
                    if theirs.overlay {
                        Rc::make_mut(&mut theirs).weaken();
                    }
                    *mine = Some(theirs);
                    changed = true;
                }
                (Some(mine), Some(theirs)) => {
                    if !Rc::ptr_eq(mine, theirs) && mine != theirs {
                        let joined = mine.join(theirs, interner);
                        if **mine != joined {
                            *mine = Rc::new(joined);
                            changed = true;
                        }
                    }
                }
            }
        }
        changed
    }
}
