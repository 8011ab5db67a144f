package stageclear.supply_chain.look_alike_name_test

import data.stageclear.supply_chain.look_alike_name

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := look_alike_name.deny with input as {"dependencies": facts}
}

test_names_beside_famous_ones_weigh_more if {
	near := {"other": "express", "how": "one letter differs"}
	{violation.severity | some violation in found([fact("similar-name", object.union(near, {"rank": 10}))])} == {"medium"}
	{violation.severity | some violation in found([fact("similar-name", object.union(near, {"rank": 4000}))])} == {"low"}
}

test_an_invented_name_is_high if {
	{violation.severity | some violation in found([fact("invented-name", {"other": "`x`"})])} == {"high"}
}

test_tests_and_other_facts_pass if {
	near := {"other": "express", "how": "one letter differs", "rank": 10}
	count(found([fact("similar-name", object.union(near, {"context": "test"})), fact("not-imported", {})])) == 0
}
