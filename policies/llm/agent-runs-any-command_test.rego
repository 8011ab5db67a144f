package stageclear.llm.agent_runs_any_command_test

import data.stageclear.llm.agent_runs_any_command

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

rule(program, open) := {"program": program, "any-arguments": open}

test_any_command_is_denied if {
	count(agent_runs_any_command.deny) == 1 with input as facts([resource("agent-settings", {"allows": [rule("", true)]})])
}

test_interpreters_are_told_once if {
	count(agent_runs_any_command.warn) == 1 with input as facts([resource("agent-settings", {"allows": [rule("python", true), rule("rm", true)]})])
}

test_secret_is_denied if {
	count(agent_runs_any_command.deny) == 1 with input as facts([resource("agent-settings", {"allows-secret": [{"name": "PGPASSWORD", "weak": false}]})])
}

test_single_commands_pass if {
	compliant := facts([resource("agent-settings", {"allows": [rule("npm run test", true), rule("python", false)]})])
	count(agent_runs_any_command.deny) == 0 with input as compliant
	count(agent_runs_any_command.warn) == 0 with input as compliant
}
