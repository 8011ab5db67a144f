package stageclear.llm.agent_asks_nobody_test

import data.stageclear.llm.agent_asks_nobody

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	found := agent_asks_nobody.deny with input as facts([resource("agent-settings", {"mode": ["bypassPermissions"], "approves-all": ["enableAllProjectMcpServers"]})])
	{violation.severity | some violation in found} == {"high", "medium"}
}

test_other_modes_pass if {
	count(agent_asks_nobody.deny) == 0 with input as facts([resource("agent-settings", {"mode": ["acceptEdits"]})])
}

test_a_switch_for_many_servers_is_told_once if {
	found := agent_asks_nobody.deny with input as facts([
		object.union(resource("mcp-server", {}), {"facts": {"approves-all": [{"value": "trust", "location": at(line)}]}}) |
		some line in [3, 5, 8]
	])
	count(found) == 1
	some violation in found
	violation.location.line == 3
	count(violation.related) == 2
}
