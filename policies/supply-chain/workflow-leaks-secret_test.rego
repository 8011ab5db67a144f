package stageclear.supply_chain.workflow_leaks_secret_test

import data.stageclear.supply_chain.workflow_leaks_secret

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(workflow_leaks_secret.deny) == 2 with input as facts([resource("workflow-step", {"prints-secret": [true], "unsecure-commands": [true]})])
}

test_others_pass if {
	count(workflow_leaks_secret.deny) == 0 with input as facts([resource("workflow-step", {"trigger": ["push"]})])
}
