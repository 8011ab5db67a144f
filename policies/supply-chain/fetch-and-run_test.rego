package stageclear.supply_chain.fetch_and_run_test

import data.stageclear.supply_chain.fetch_and_run

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

habit(name) := {"habit": name, "text": "curl x | sh"}

test_told if {
	count(fetch_and_run.warn) == 1 with input as facts([resource("image-stage", {"habit": [habit("fetch-and-run")]})])
	found := fetch_and_run.deny with input as facts([resource("workflow-step", {"habit": [habit("fetch-and-run-plain")]})])
	{violation.severity | some violation in found} == {"high"}
	count(fetch_and_run.warn) == 1 with input as facts([resource("image-stage", {"remote": [{"url": "https://a.example/b", "checked": false}]})])
}

test_others_pass if {
	compliant := facts([resource("image-stage", {"habit": [habit("tls-off")], "remote": [{"url": "https://a.example/b", "checked": true}]})])
	count(fetch_and_run.warn) == 0 with input as compliant
	count(fetch_and_run.deny) == 0 with input as compliant
}
