//! The taint of a value as a whole: of what an object holds, and what that holds.

use super::super::names::known;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;

/// How deep an object is looked into for its taint as a whole.
const DEPTH: u32 = 4;

impl Interp<'_> {
    /// The taint of a value and of everything in it.
    pub(super) fn deep(&mut self, value: Value) -> TaintSet {
        self.deep_below(value, 0)
    }

    fn deep_below(&mut self, value: Value, depth: u32) -> TaintSet {
        let mut taint = value.taint;
        if depth >= DEPTH || value.refs.is_plain() {
            return taint;
        }
        for at in 0..self.values.refs(value.refs).len() {
            let Ref::Object(object) = self.values.refs(value.refs)[at] else { continue };
            // Fields made safe stand for the same fields of what lies under an overlay.
            let count = self.state.object(object).map_or(0, |object| object.fields.len() + 1);
            for field in 0..count {
                let Some(held) = self.state.object(object) else { break };
                let part = match held.fields.get(field) {
                    // What is kept under a key is not made of the key.
                    Some((name, ..)) if self.python && *name == known::KEY_TAINT => continue,
                    Some((_, value, _)) => *value,
                    None => held.rest,
                };
                let more = self.deep_below(part, depth + 1);
                taint = self.values.join_taint(taint, more);
            }
        }
        taint
    }
}
