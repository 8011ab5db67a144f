package stageclear.supply_chain.undeclared_import_test

import data.stageclear.supply_chain.undeclared_import

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := undeclared_import.warn with input as {"dependencies": facts}
}

test_unknown_names_weigh_more if {
	{violation.severity | some violation in found([fact("undeclared", {"other": "thing"})])} == {"low"}
	{violation.severity | some violation in found([fact("undeclared", {"other": "thing", "known": true})])} == {"info"}
}

test_many_are_one_finding if {
	facts := [fact("undeclared", {"name": "a", "other": "a"}), fact("undeclared", {"name": "b_c", "other": "b-c"}), fact("undeclared", {"name": "cv2", "other": "opencv-python"})]
	messages := {violation.msg | some violation in found(facts)}
	count(messages) == 1
	some text in messages
	endswith(text, "`a`, `b_c`, `cv2` (of `opencv-python`)")
}

test_others_pass if {
	count(found([fact("missing-manifest", {"names": ["x"]})])) == 0
}
