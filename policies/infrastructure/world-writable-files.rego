# METADATA
# scope: package
# title: Files that everybody may write
# description: >-
#   `chmod 777` lets every process on the system change the files: a flaw in one program becomes code that
#   another runs.
# custom:
#   id: policy/infrastructure/world-writable-files
#   severity: low
#   cwe: [732]
#   owasp: ["A05:2021"]
#   remedy: >-
#     give the files to the user who needs them: `COPY --chown=app:app`, `chmod 750`
#   bad: |
#     RUN chmod -R 777 /app
#   good: |
#     COPY --chown=app:app . /app
package stageclear.infrastructure.world_writable_files

import data.stageclear.lib

warn contains violation if {
	some kind in ["image-stage", "service"]
	some item in lib.resources_of(kind)
	some habit in item.facts.habit
	habit.value.habit == "world-writable"
	not regex.match(`(?:/tmp|/var/run|/run)\S*\s*$`, habit.value.text)
	violation := {
		"msg": sprintf("`%s` lets everybody write", [habit.value.text]),
		"location": habit.location,
		"content": habit.value.text,
	}
}
