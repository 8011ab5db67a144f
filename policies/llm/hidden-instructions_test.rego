package stageclear.llm.hidden_instructions_test

import data.stageclear.llm.hidden_instructions

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	found := hidden_instructions.deny with input as facts([resource("instructions", {"hidden": [
		{"what": "tag characters", "count": 40},
		{"what": "zero-width characters", "count": 5},
	]})])
	{violation.severity | some violation in found} == {"high", "medium"}
}

test_plain_files_pass if {
	count(hidden_instructions.deny) == 0 with input as facts([resource("instructions", {})])
}
