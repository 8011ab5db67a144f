package stageclear.llm.agent_sent_elsewhere_test

import data.stageclear.llm.agent_sent_elsewhere

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

redirect(local) := {"name": "ANTHROPIC_BASE_URL", "value": "https://llm.example", "local": local}

test_denied if {
	count(agent_sent_elsewhere.deny) == 1 with input as facts([resource("agent-settings", {"redirect": [redirect(false)]})])
}

test_local_passes if {
	count(agent_sent_elsewhere.deny) == 0 with input as facts([resource("agent-settings", {"redirect": [redirect(true)]})])
}
