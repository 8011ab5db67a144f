package stageclear.llm.agent_fed_by_strangers_test

import data.stageclear.llm.agent_fed_by_strangers

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

text := {"expression": "github.event.issue.body", "source": "anyone"}

test_untrusted_task_is_denied if {
	found := agent_fed_by_strangers.deny with input as facts([resource("workflow-step", {"trigger": ["issues"], "agent": ["a/b"], "fed-with": [text]})])
	{violation.severity | some violation in found} == {"high"}
}

test_read_only_is_medium if {
	found := agent_fed_by_strangers.deny with input as facts([resource("workflow-step", {"trigger": ["issues"], "agent": ["a/b"], "fed-with": [text], "granted": [[]]})])
	{violation.severity | some violation in found} == {"medium"}
}

test_known_authors_and_pushes_pass if {
	count(agent_fed_by_strangers.deny) == 0 with input as facts([
		resource("workflow-step", {"trigger": ["issues"], "agent": ["a/b"], "fed-with": [text], "condition": [true]}),
		resource("workflow-step", {"trigger": ["push"], "agent": ["a/b"], "fed-with": [text]}),
	])
}
