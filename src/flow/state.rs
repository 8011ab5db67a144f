//! What holds at one place of a function: the values of its variables and the objects it knows the fields of.

use std::rc::Rc;

use smallvec::SmallVec;

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

/// How many places a chunk holds.
const CHUNK: usize = 32;

/// A list in chunks that copies of it share until one of them writes: branches cost what they change, not what there is.
#[derive(Debug, Clone)]
pub struct Chunks<T> {
    chunks: SmallVec<[Rc<[T; CHUNK]>; 2]>,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: SmallVec::new(), len: 0 }
    }
}

impl<T: Clone> Chunks<T> {
    /// How many places there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What stands at a place, if there is such a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&T> {
        (at < self.len).then(|| &self.chunks[at / CHUNK][at % CHUNK])
    }

    /// The same to change.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        (at < self.len).then(|| &mut Rc::make_mut(&mut self.chunks[at / CHUNK])[at % CHUNK])
    }

    /// Everything in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).take(self.len)
    }

    /// So many places at least, the new ones alike.
    fn reserve(&mut self, len: usize, fill: &[T; CHUNK]) {
        if len > self.len {
            self.len = len;
            let missing = len.div_ceil(CHUNK).saturating_sub(self.chunks.len());
            if missing > 0 {
                let chunk = Rc::new(fill.clone());
                self.chunks.extend(std::iter::repeat_n(chunk, missing));
            }
        }
    }
}

impl Chunks<Value> {
    /// Changes every value.
    pub fn update(&mut self, mut change: impl FnMut(Value) -> Value) {
        for chunk in &mut self.chunks {
            for at in 0..CHUNK {
                let now = change(chunk[at]);
                if now != chunk[at] {
                    Rc::make_mut(chunk)[at] = now;
                }
            }
        }
    }
}

/// Variables and heap.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Values by variable.
    pub vars: Chunks<Value>,
    /// Objects by number; an object that is not made yet is `None`.
    pub heap: Chunks<Option<Rc<Object>>>,
}

impl State {
    /// With so many variables, none assigned.
    #[must_use]
    pub fn new(vars: usize) -> Self {
        let mut state = Self::default();
        state.vars.reserve(vars, &[Value::NONE; CHUNK]);
        state
    }

    /// An object.
    #[must_use]
    pub fn object(&self, at: u32) -> Option<&Object> {
        self.heap.get(at as usize).and_then(|object| object.as_deref())
    }

    fn slot(&mut self, at: u32) -> &mut Option<Rc<Object>> {
        let at = at as usize;
        self.heap.reserve(at + 1, &[const { None }; CHUNK]);
        &mut Rc::make_mut(&mut self.heap.chunks[at / CHUNK])[at % CHUNK]
    }

    /// An object to change, made if it is not there.
    pub fn object_mut(&mut self, at: u32) -> &mut Object {
        Rc::make_mut(self.slot(at).get_or_insert_with(|| Rc::new(Object::new(true, false))))
    }

    /// Puts an object in place of whatever was there.
    pub fn put(&mut self, at: u32, object: Object) {
        *self.slot(at) = Some(Rc::new(object));
    }

    /// Takes in what holds on another way here. Tells whether anything changed.
    pub fn join(&mut self, other: &Self, interner: &mut Interner) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.vars.chunks.iter_mut().zip(&other.vars.chunks) {
            if Rc::ptr_eq(mine, theirs) {
                continue;
            }
            for at in 0..CHUNK {
                if mine[at] != theirs[at] {
                    let joined = interner.join(mine[at], theirs[at]);
                    if joined != mine[at] {
                        Rc::make_mut(mine)[at] = joined;
                        changed = true;
                    }
                }
            }
        }
        let nothing = [const { None }; CHUNK];
        self.heap.reserve(other.heap.len, &nothing);
        for (number, mine) in self.heap.chunks.iter_mut().enumerate() {
            let theirs = match other.heap.chunks.get(number) {
                Some(theirs) if Rc::ptr_eq(mine, theirs) => continue,
                Some(theirs) => &**theirs,
                None => &nothing,
            };
            for at in 0..CHUNK {
                if let Some(object) = joined(mine[at].as_ref(), theirs[at].as_ref(), interner) {
                    Rc::make_mut(mine)[at] = Some(object);
                    changed = true;
                }
            }
        }
        changed
    }
}

/// What becomes of an object where two ways meet; `None` if nothing changes.
fn joined(mine: Option<&Rc<Object>>, theirs: Option<&Rc<Object>>, interner: &mut Interner) -> Option<Rc<Object>> {
    match (mine, theirs) {
        (None, None) => None,
        (Some(object), None) => {
            // On the other way nothing lies over the value: its own members show through.
            (object.overlay && object.fields.iter().any(|(.., weak)| !weak)).then(|| weakened(object))
        }
        (None, Some(theirs)) => Some(if theirs.overlay { weakened(theirs) } else { Rc::clone(theirs) }),
        (Some(mine), Some(theirs)) => {
            if Rc::ptr_eq(mine, theirs) || mine == theirs {
                return None;
            }
            let joined = mine.join(theirs, interner);
            (**mine != joined).then(|| Rc::new(joined))
        }
    }
}

fn weakened(object: &Rc<Object>) -> Rc<Object> {
    let mut object = Object::clone(object);
    object.weaken();
    Rc::new(object)
}
