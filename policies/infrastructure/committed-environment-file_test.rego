package stageclear.infrastructure.committed_environment_file_test

import data.stageclear.infrastructure.committed_environment_file

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

setting(secret, weak) := {
	"dialect": "dotenv", "key": "API_KEY", "value": {"kind": "literal", "value": "…"}, "location": at(2),
	"context": "production", "secret": secret, "weak": weak,
}

test_secrets_are_denied if {
	count(committed_environment_file.deny) == 1 with input as {"resources": [resource("environment-file", {})], "settings": [setting(true, false)]}
}

test_placeholders_are_low if {
	count(committed_environment_file.warn) == 1 with input as {"resources": [resource("environment-file", {})], "settings": [setting(true, true)]}
}

test_files_without_secrets_pass if {
	count(committed_environment_file.deny) == 0 with input as {"resources": [resource("environment-file", {})], "settings": [setting(false, false)]}
	count(committed_environment_file.deny) == 0 with input as {"resources": [], "settings": [setting(true, false)]}
}
