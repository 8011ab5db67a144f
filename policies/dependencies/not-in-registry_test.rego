package stageclear.dependencies.not_in_registry_test

import data.stageclear.dependencies.not_in_registry

fact(kind) := {
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "other": "1.0.0",
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}

found(kind) := violations if {
	violations := not_in_registry.deny with input as {"dependencies": [fact(kind)]}
}

severities(kind) := {violation.severity | some violation in found(kind)}

test_an_unknown_name_is_critical if {
	severities("not-in-registry") == {"critical"}
}

test_an_unknown_version_is_less if {
	severities("version-not-in-registry") == {"medium"}
}

test_others_pass if {
	severities("deprecated") == set()
}
