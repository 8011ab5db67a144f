package stageclear.llm.secret_in_agent_configuration_test

import data.stageclear.llm.secret_in_agent_configuration

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

variable(secret, placeholder) := {"name": "API_KEY", "value": "…", "secret": secret, "weak": false, "placeholder": placeholder}

test_denied if {
	count(secret_in_agent_configuration.deny) == 2 with input as facts([resource("mcp-server", {"variable": [variable(true, false)], "secret-argument": [{"weak": false}]})])
}

test_others_pass if {
	count(secret_in_agent_configuration.deny) == 0 with input as facts([resource("mcp-server", {"variable": [variable(true, true), variable(false, false)]})])
}
