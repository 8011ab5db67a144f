package stageclear.supply_chain.missing_integrity_test

import data.stageclear.supply_chain.missing_integrity

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := missing_integrity.warn with input as {"dependencies": facts}
}

test_names_are_listed if {
	some violation in found([fact("missing-integrity", {"names": ["a@1.0.0"]})])
	contains(violation.msg, "a@1.0.0")
}

test_others_pass if {
	count(found([fact("install-script", {"names": ["a@1.0.0"]})])) == 0
}
