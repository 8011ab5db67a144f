package stageclear.supply_chain.workflow_script_injection_test

import data.stageclear.supply_chain.workflow_script_injection

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

script(source) := {"expression": "github.event.issue.title", "source": source}

test_untrusted_text_is_denied if {
	found := workflow_script_injection.deny with input as facts([resource("workflow-step", {"trigger": ["issues"], "script": [script("anyone")]})])
	{violation.severity | some violation in found} == {"high"}
}

test_pull_requests_are_medium if {
	found := workflow_script_injection.deny with input as facts([resource("workflow-step", {"trigger": ["pull_request"], "script": [script("anyone")]})])
	{violation.severity | some violation in found} == {"medium"}
}

test_inputs_are_low if {
	found := workflow_script_injection.warn with input as facts([resource("workflow-step", {"trigger": ["workflow_dispatch"], "script": [script("caller")]})])
	{violation.severity | some violation in found} == {"low"}
}

test_plain_scripts_pass if {
	count(workflow_script_injection.deny) == 0 with input as facts([resource("workflow-step", {"trigger": ["issues"]})])
}
