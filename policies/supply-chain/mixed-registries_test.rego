package stageclear.supply_chain.mixed_registries_test

import data.stageclear.supply_chain.mixed_registries

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := mixed_registries.warn with input as {"dependencies": facts}
}

test_plain_names_are_told if {
	count(found([fact("other-registry", {"names": ["internal-auth"], "other": "https://packages.example/"})])) == 1
}

test_scopes_are_bound_to_their_registry if {
	count(found([fact("other-registry", {"names": ["@corp/auth"], "other": "https://packages.example/"})])) == 0
}
