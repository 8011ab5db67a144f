package stageclear.infrastructure.live_value_in_example_test

import data.stageclear.infrastructure.live_value_in_example

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

setting(context, value, weak) := {
	"dialect": "dotenv", "key": "SESSION_SECRET", "value": {"kind": "literal", "value": value}, "location": at(2),
	"context": context, "secret": true, "weak": weak,
}

test_live_value_is_told if {
	count(live_value_in_example.warn) == 1 with input as {"settings": [setting("example", "9f2c…(32)", false)]}
}

test_placeholders_and_other_files_pass if {
	count(live_value_in_example.warn) == 0 with input as {"settings": [
		setting("example", "your-secret-here", false),
		setting("example", "9f2c…(32)", true),
		setting("production", "9f2c…(32)", false),
		setting("example", "…(8)", false),
	]}
	count(live_value_in_example.warn) == 0 with input as {
		"settings": [setting("example", "9f2c…(32)", false)],
		"findings": [{"rule": "secret/hard-coded-credential", "location": at(2)}],
	}
}
