# METADATA
# scope: package
# title: A repository loosens what its organisation demands
# description: >-
#   The configuration of this project asks for less than the organisation's policy allows: a rule switched off, a higher
#   bar, folders that are not looked at. What the organisation demands holds all the same; that somebody tried is for a
#   person to see.
# custom:
#   id: policy/release-gate/loosened
#   severity: high
#   cwe: [693]
#   remedy: take the setting out of stageclear.toml, or ask who keeps the organisation's policy for an exception
#   bad: |
#     # stageclear.toml, where the organisation locks this rule
#     [rules]
#     disable = ["taint/python-sql-injection"]
#   good: |
#     # stageclear.toml: a lower bar than the organisation's
#     fail-on = "medium"
package stageclear.release_gate.loosened

deny contains violation if {
	some attempt in input.project.organization.attempts
	violation := {
		"title": "The organisation's policy is asked to give way",
		"msg": attempt.message,
		"location": object.get(attempt, "location", {"path": "stageclear.toml", "line": 1}),
	}
}
