# METADATA
# scope: package
# title: Editor task runs when the folder is opened
# description: >-
#   A task with `runOn: folderOpen` runs a command as soon as the folder is trusted: whoever looks at the
#   repository runs it.
# custom:
#   id: policy/llm/task-runs-when-opened
#   severity: low
#   cwe: [829, 506]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-10.3.2]
#   remedy: >-
#     let the user start tasks; remove `runOn`
#   bad: |
#     "runOptions": { "runOn": "folderOpen" }
#   good: |
#     "runOptions": { "runOn": "default" }
package stageclear.llm.task_runs_when_opened

import data.stageclear.lib

fetches(task) if {
	some habit in task.facts.habit
	startswith(habit.value.habit, "fetch-and-run")
}

fetches(task) if task.facts.network

warn contains violation if {
	some task in lib.resources_of("editor-task")
	violation := {
		"msg": sprintf("the task `%s` runs by itself", [task.name]),
		"location": task.location,
		"severity": severity(task),
		"content": task.name,
	}
}

severity(task) := "high" if fetches(task)

severity(task) := "low" if not fetches(task)
