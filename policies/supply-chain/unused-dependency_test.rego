package stageclear.supply_chain.unused_dependency_test

import data.stageclear.supply_chain.unused_dependency

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := unused_dependency.warn with input as {"dependencies": facts}
}

test_names_are_listed if {
	some violation in found([fact("not-imported", {"name": "", "names": ["a", "b"]})])
	contains(violation.msg, "a, b")
}

test_others_pass if {
	count(found([fact("undeclared", {})])) == 0
}
