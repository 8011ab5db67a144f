package stageclear.supply_chain.lockfile_mismatch_test

import data.stageclear.supply_chain.lockfile_mismatch

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := lockfile_mismatch.warn with input as {"dependencies": facts}
}

test_what_disagrees_is_told if {
	some violation in found([fact("lockfile-mismatch", {"other": "package-lock.json", "names": ["lodash is not in it"]})])
	contains(violation.msg, "lodash is not in it")
}

test_others_pass if {
	count(found([fact("missing-lockfile", {"names": []})])) == 0
}
