package stageclear.supply_chain.dependency_outside_registry_test

import data.stageclear.supply_chain.dependency_outside_registry

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := dependency_outside_registry.warn with input as {"dependencies": facts}
}

test_what_is_not_pinned_is_told if {
	{violation.severity | some violation in found([fact("outside-registry", {"how": "git at whatever its branch or tag is", "other": "x"})])} == {"low"}
	{violation.severity | some violation in found([fact("outside-registry", {"how": "an archive over plain http", "other": "x"})])} == {"high"}
}

test_commits_and_hashes_pass if {
	count(found([fact("outside-registry", {"how": "git at a commit", "other": "x"}), fact("outside-registry", {"how": "an archive with its hash", "other": "x"})])) == 0
}
