package stageclear.llm.instructions_fetch_and_run_test

import data.stageclear.llm.instructions_fetch_and_run

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	count(instructions_fetch_and_run.warn) == 1 with input as facts([resource("instructions", {"habit": [{"habit": "fetch-and-run", "text": "curl x | sh"}]})])
	count(instructions_fetch_and_run.deny) == 1 with input as facts([resource("instructions", {"habit": [{"habit": "fetch-and-run-plain", "text": "curl x | sh"}]})])
}

test_others_pass if {
	count(instructions_fetch_and_run.warn) == 0 with input as facts([resource("instructions", {"habit": [{"habit": "tls-off", "text": "curl -k x"}]})])
}
