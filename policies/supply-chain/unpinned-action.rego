# METADATA
# scope: package
# title: Third-party action is not pinned
# description: >-
#   A tag or branch of an action can be moved to other code at any time, and was in real attacks; the workflow
#   then runs it with its secrets.
# custom:
#   id: policy/supply-chain/unpinned-action
#   severity: low
#   cwe: [829, 1357]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     pin to the full commit, with the version as a comment, and let a bot update it: `uses: owner/name@<40 hex
#     digits> # v4`
#   bad: |
#     uses: someone/deploy@v2
#   good: |
#     uses: someone/deploy@8e5e7e5ab8b370d6c329ec480221332ada57f0ab # v2.1.0
package stageclear.supply_chain.unpinned_action

import data.stageclear.lib

floating := [{"path": item.location.path, "use": use} |
	some kind in ["workflow-step", "workflow-job"]
	some item in lib.resources_of(kind)
	some use in item.facts.uses
	not use.value["first-party"]
	not use.value.pinned
]

files := {entry.path | some entry in floating}

# One finding a file: the remedy is one as well.
warn contains violation if {
	some file in files
	uses := [entry.use | some entry in floating; entry.path == file]
	first := min({use.location.line | some use in uses})
	some use in uses
	use.location.line == first
	names := sort({sprintf("%s@%s", [other.value.name, other.value.version]) | some other in uses})
	violation := {
		"msg": sprintf("%s", [concat(", ", names)]),
		"location": use.location,
		"severity": "low",
		"confidence": "high",
		"content": file,
	}
}
