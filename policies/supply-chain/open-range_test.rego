package stageclear.supply_chain.open_range_test

import data.stageclear.supply_chain.open_range

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := open_range.warn with input as {"dependencies": facts}
}

unlocked := "no lockfile holds the version"

test_one_finding_a_file if {
	count(found([fact("open-range", {"name": "a", "other": "*", "how": unlocked}), fact("open-range", {"name": "b", "other": "latest", "how": unlocked})])) == 1
}

test_a_lockfile_makes_it_a_word if {
	{violation.severity | some violation in found([fact("open-range", {"other": "latest", "how": "a lockfile"})])} == {"info"}
	count(found([fact("open-range", {"other": ">=1", "how": "a lockfile"})])) == 0
}

test_python_without_versions_is_told_elsewhere if {
	count(found([fact("open-range", {"ecosystem": "PyPI", "other": "any version", "how": unlocked})])) == 0
}
