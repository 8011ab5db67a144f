package stageclear.infrastructure.workload_may_run_as_root_test

import data.stageclear.infrastructure.workload_may_run_as_root

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	count(workload_may_run_as_root.warn) == 1 with input as facts([resource("container", {"workload": ["Deployment"]})])
	count(workload_may_run_as_root.warn) == 1 with input as facts([resource("container", {"workload": ["Deployment"], "runAsUser": ["0"]})])
}

test_users_pass if {
	count(workload_may_run_as_root.warn) == 0 with input as facts([
		resource("container", {"workload": ["Deployment"], "runAsNonRoot": [true]}),
		resource("container", {"workload": ["Deployment"], "runAsUser": ["1000"]}),
		resource("container", {"workload": ["StatefulSet"], "image": ["postgres:16"]}),
	])
}
