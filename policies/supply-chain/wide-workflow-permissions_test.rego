package stageclear.supply_chain.wide_workflow_permissions_test

import data.stageclear.supply_chain.wide_workflow_permissions

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_write_all_is_denied if {
	count(wide_workflow_permissions.deny) == 1 with input as facts([resource("workflow", {"permissions": [["write-all"]]})])
}

test_missing_is_told_once if {
	job := resource("workflow-job", {"no-permissions": [true]})
	count(wide_workflow_permissions.warn) == 1 with input as facts([job, object.union(job, {"name": "other"})])
}

test_limited_passes if {
	compliant := facts([resource("workflow", {"permissions": [["contents"]]}), resource("workflow-job", {"permissions": [[]]})])
	count(wide_workflow_permissions.deny) == 0 with input as compliant
	count(wide_workflow_permissions.warn) == 0 with input as compliant
}
