//! Functions of the project that look at the host of an address before it is asked: `assertUrlIsPublic(url)`.

use super::super::names::NameId;
use super::super::value::{Ref, TaintSet, Value};
use super::Interp;
use super::call::Args;
use crate::model::index::kind_bit;

impl Interp<'_> {
    /// Whether a function ends the caller unless an address may be asked: told by its name and by what its body looks at.
    pub(super) fn vets_address(&self, target: Value, name: NameId) -> bool {
        let name = self.names.text(name).to_ascii_lowercase();
        let demands = ["assert", "ensure", "require"].iter().any(|word| name.starts_with(word));
        let asks = ["validate", "check", "verify", "guard"].iter().any(|word| name.starts_with(word));
        if !(demands || asks) || !["url", "uri", "host", "address"].iter().any(|word| name.contains(word)) {
            return false;
        }
        self.refs(target).into_iter().any(|one| {
            let Ref::Func(function) = one else { return false };
            let place = self.project.function(function).place;
            let file = self.project.file(place.file);
            let text = file.source.slice(file.tree.function(place.function).span);
            let looks = ["hostname", ".host", "lookup(", "Host("].iter().any(|sign| text.contains(sign));
            looks && (demands || text.contains("throw"))
        })
    }

    /// Clears what such a function was given, and gives what it returns.
    pub(super) fn vetted(&mut self, args: &Args, returned: TaintSet) -> TaintSet {
        let kinds = kind_bit("ssrf");
        let places: Vec<_> = args.items.iter().filter_map(|item| item.expr).collect();
        for place in places {
            self.clear_place(place, kinds);
        }
        self.values.clear(returned, kinds)
    }
}
