package stageclear.dependencies.unsettled_version_test

import data.stageclear.dependencies.unsettled_version

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "other": "1.0.0",
	"how": "use another", "location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(kind, more) := violations if {
	violations := unsettled_version.warn with input as {"dependencies": [fact(kind, more)]}
}

severities(kind, more) := {violation.severity | some violation in found(kind, more)}

test_this_weeks_versions_are_told if {
	severities("fresh-version", {"days": 2}) == {"medium"}
	severities("fresh-version", {"days": 7}) == set()
}

test_withdrawn_and_deprecated_are_told if {
	severities("yanked", {}) == {"medium"}
	severities("deprecated", {}) == {"low"}
	severities("not-in-registry", {}) == set()
}
