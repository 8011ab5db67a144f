//! Calls of libraries whose outcome is told by what goes in: modules imported by name, constants that are written in
//! another way, settings that are kept under two keys.

use super::super::value::{Ref, Value};
use super::Interp;
use super::call::Args;
use crate::base::{Span, base64};
use crate::flow::value::TaintSet;
use crate::model::index::NodeId;

/// Marks the object that holds the settings of a parser.
const SETTINGS: u32 = 71;

impl Interp<'_> {
    /// The outcome of a call of a library that is known, if it is.
    pub(super) fn known_outcome(&mut self, nodes: &[NodeId], args: &Args) -> Option<Value> {
        let node = nodes.first()?;
        let path = self.index.text(*node).clone();
        match &*path {
            // A key that is made of a constant is no better kept than the constant.
            "globalThis.Buffer.from"
            | "buffer.Buffer.from"
            | "globalThis.TextEncoder().encode"
            | "util.TextEncoder().encode"
            | "crypto.createSecretKey"
            | "jose.JWK.asKey"
            | "jose.base64url.encode"
            | "jose.base64url.decode" => {
                let text = self.first_constant(args)?;
                let name = self.names.intern(&text);
                Some(self.one(Ref::Str(name)))
            }
            "builtins.__import__" | "importlib.import_module" => self.imported_by_call(args),
            "base64.b64decode" | "base64.urlsafe_b64decode" | "base64.standard_b64decode" => {
                let text = self.first_constant(args)?;
                let name = self.names.intern(&decoded(&text)?);
                Some(self.one(Ref::Str(name)))
            }
            "<configparser.Parser>.set" => self.setting(args, true),
            "<configparser.Parser>.get" => self.setting(args, false),
            _ => None,
        }
    }

    /// A name that nothing binds, in part of a file whose imports are not there: `pickle` is the library then.
    pub(super) fn not_imported(&mut self, name: super::NameId) -> Value {
        let family = self.info.family;
        let node = self.index.root(family, self.names.text(name)).filter(|_| self.info.stars.is_empty());
        node.map_or(Value::ANY, |node| self.api(vec![node], None, Span::default(), TaintSet::CLEAN))
    }

    fn first_constant(&self, args: &Args) -> Option<String> {
        let value = args.at(0)?;
        match self.single(value)? {
            Ref::Str(name) if value.taint == TaintSet::CLEAN => Some(self.names.text(name).to_owned()),
            _ => None,
        }
    }

    /// `__import__("os")` and `importlib.import_module("os")` give the module.
    fn imported_by_call(&mut self, args: &Args) -> Option<Value> {
        let module = self.first_constant(args).filter(|module| !module.starts_with('.'))?;
        let target = self.project.resolver.python(self.project.path(self.file), &module, 0);
        let value = self.module_value(&target);
        (value != Value::ANY).then_some(value)
    }

    /// `parser.set(section, key, value)` and `parser.get(section, key)`: what lies under other keys is not touched.
    fn setting(&mut self, args: &Args, write: bool) -> Option<Value> {
        let receiver = args.receiver?;
        let made = self.refs(receiver).into_iter().find_map(|one| match one {
            Ref::Api(_, Some(place)) if place.file == self.file => Some(place.expr),
            _ => None,
        })?;
        let (section, key) = (self.key_name(args.at(0)?)?, self.key_name(args.at(1)?)?);
        let both = format!("{}\0{}", self.names.text(section), self.names.text(key).to_lowercase());
        let name = self.names.intern(&both);
        let at = self.object_at((made.index(), SETTINGS));
        if write {
            let value = args.at(2)?;
            self.state.object_mut(at).set(name, value);
            return Some(Value::NULL);
        }
        let (value, weak) = self.state.object(at)?.field(name)?;
        if weak {
            return None;
        }
        let taint = self.values.join_taint(value.taint, receiver.taint);
        Some(Value { taint, ..value })
    }
}

/// Base64, both alphabets; bytes that are no text become marks of that.
fn decoded(text: &str) -> Option<String> {
    let bytes = base64::decode(text.trim_end_matches('='))?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
