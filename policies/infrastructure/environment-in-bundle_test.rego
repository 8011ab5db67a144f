package stageclear.infrastructure.environment_in_bundle_test

import data.stageclear.infrastructure.environment_in_bundle

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(environment_in_bundle.deny) == 2 with input as facts([resource("build-config", {
		"defines-everything": [true], "defines": [{"name": "OPENAI_API_KEY", "secret": true}],
	})])
}

test_public_values_pass if {
	count(environment_in_bundle.deny) == 0 with input as facts([resource("build-config", {"defines": [{"name": "APP_VERSION", "secret": false}]})])
}
