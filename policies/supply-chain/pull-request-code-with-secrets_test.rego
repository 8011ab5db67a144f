package stageclear.supply_chain.pull_request_code_with_secrets_test

import data.stageclear.supply_chain.pull_request_code_with_secrets

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_running_it_is_critical if {
	found := pull_request_code_with_secrets.deny with input as facts([resource("workflow-job", {"trigger": ["pull_request_target"], "runs-head": [true], "checks-out-head": [true]})])
	{violation.severity | some violation in found} == {"critical"}
}

test_other_workflows_are_high if {
	found := pull_request_code_with_secrets.deny with input as facts([resource("workflow-job", {"trigger": ["workflow_run"], "runs-head": [true]})])
	{violation.severity | some violation in found} == {"high"}
}

test_filtered_jobs_are_medium if {
	found := pull_request_code_with_secrets.deny with input as facts([resource("workflow-job", {"trigger": ["pull_request_target"], "runs-head": [true], "condition": [true]})])
	{violation.severity | some violation in found} == {"medium"}
}

test_checkout_alone_is_medium if {
	found := pull_request_code_with_secrets.warn with input as facts([resource("workflow-job", {"trigger": ["pull_request_target"], "checks-out-head": [true]})])
	{violation.severity | some violation in found} == {"medium"}
}

test_pull_request_passes if {
	count(pull_request_code_with_secrets.deny) == 0 with input as facts([resource("workflow-job", {"trigger": ["pull_request"], "runs-head": [true]})])
}
