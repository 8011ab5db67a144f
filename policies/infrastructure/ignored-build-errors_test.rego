package stageclear.infrastructure.ignored_build_errors_test

import data.stageclear.infrastructure.ignored_build_errors

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	count(ignored_build_errors.warn) == 2 with input as facts([resource("build-config", {"ignoreBuildErrors": [true], "ignoreDuringBuilds": [true]})])
}

test_others_pass if {
	count(ignored_build_errors.warn) == 0 with input as facts([resource("build-config", {"sourcemap": [true]})])
}
