package stageclear.llm.task_runs_when_opened_test

import data.stageclear.llm.task_runs_when_opened

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	found := task_runs_when_opened.warn with input as facts([
		resource("editor-task", {"command": ["npm run watch"]}),
		resource("editor-task", {"network": [true]}),
	])
	{violation.severity | some violation in found} == {"low", "high"}
}

test_others_pass if {
	count(task_runs_when_opened.warn) == 0 with input as facts([resource("agent-settings", {})])
}
