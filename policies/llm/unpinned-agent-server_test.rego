package stageclear.llm.unpinned_agent_server_test

import data.stageclear.llm.unpinned_agent_server

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

package_(pinned) := {"runner": "npx", "name": "some-server", "pinned": pinned}

test_told if {
	count(unpinned_agent_server.warn) == 1 with input as facts([resource("mcp-server", {"package": [package_(false)]})])
	count(unpinned_agent_server.deny) == 1 with input as facts([resource("mcp-server", {"url": [{"plain": true, "local": false}]})])
}

test_pinned_and_local_pass if {
	compliant := facts([resource("mcp-server", {"package": [package_(true)], "url": [{"plain": true, "local": true}]})])
	count(unpinned_agent_server.warn) == 0 with input as compliant
	count(unpinned_agent_server.deny) == 0 with input as compliant
}
