package stageclear.supply_chain.missing_lockfile_test

import data.stageclear.supply_chain.missing_lockfile

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := missing_lockfile.warn with input as {"dependencies": facts}
}

test_long_lists_are_cut if {
	some violation in found([fact("missing-lockfile", {"names": ["a", "b", "c", "d", "e", "f", "g", "h", "i"]})])
	contains(violation.msg, "and 1 more")
}

test_exact_versions_alone_are_not_enough if {
	count(found([fact("missing-lockfile", {"names": []})])) == 1
}

test_lists_without_versions_weigh_more if {
	{violation.severity | some violation in found([fact("missing-lockfile", {"names": ["a"], "how": "pins"})])} == {"low"}
	{violation.severity | some violation in found([fact("missing-lockfile", {"names": ["a"], "how": "manifest"})])} == {"info"}
}

test_no_manifest_is_told if {
	count(found([fact("missing-manifest", {"names": ["flask"]})])) == 1
}

test_development_passes if {
	count(found([fact("missing-lockfile", {"names": ["a"], "scope": "dev"})])) == 0
}
