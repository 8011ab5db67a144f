package stageclear.llm.agent_hook_calls_network_test

import data.stageclear.llm.agent_hook_calls_network

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	found := agent_hook_calls_network.deny with input as facts([
		resource("agent-hook", {"habit": [{"habit": "fetch-and-run", "text": "curl x | sh"}], "network": [true]}),
		resource("agent-hook", {"network": [true]}),
	])
	{violation.severity | some violation in found} == {"high", "medium"}
}

test_local_hooks_pass if {
	count(agent_hook_calls_network.deny) == 0 with input as facts([resource("agent-hook", {"command": ["npm run lint"]})])
}
