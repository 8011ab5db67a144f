package stageclear.supply_chain.own_runner_for_strangers_test

import data.stageclear.supply_chain.own_runner_for_strangers

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(own_runner_for_strangers.deny) == 1 with input as facts([resource("workflow-job", {"trigger": ["pull_request"], "self-hosted": [true]})])
}

test_others_pass if {
	count(own_runner_for_strangers.deny) == 0 with input as facts([
		resource("workflow-job", {"trigger": ["push"], "self-hosted": [true]}),
		resource("workflow-job", {"trigger": ["pull_request"]}),
	])
}
