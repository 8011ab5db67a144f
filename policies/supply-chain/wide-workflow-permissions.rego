# METADATA
# scope: package
# title: Workflow may write everything
# description: >-
#   The token of a workflow with `write-all` pushes commits, publishes releases and packages. Any action or
#   dependency that the workflow runs holds it.
# custom:
#   id: policy/supply-chain/wide-workflow-permissions
#   severity: medium
#   cwe: [250, 732]
#   owasp: ["A01:2021", "A08:2021"]
#   asvs: [v4.0.3-1.2.2]
#   remedy: >-
#     set `permissions: { contents: read }` at the top, and grant a job what it needs
#   bad: |
#     permissions: write-all
#   good: |
#     permissions:
#       contents: read
package stageclear.supply_chain.wide_workflow_permissions

import data.stageclear.lib

deny contains violation if {
	some kind in ["workflow", "workflow-job"]
	some item in lib.resources_of(kind)
	some permissions in item.facts.permissions
	"write-all" in permissions.value
	violation := {
		"msg": "the token may write everything in the repository",
		"location": permissions.location,
		"content": item.name,
	}
}

# Without a word the repository's default holds, which for older repositories is to write everything. Once a file.
warn contains violation if {
	some file in {job.location.path |
		some job in lib.resources_of("workflow-job")
		job.facts["no-permissions"]
	}
	first := min({job.location.line |
		some job in lib.resources_of("workflow-job")
		job.location.path == file
		job.facts["no-permissions"]
	})
	some job in lib.resources_of("workflow-job")
	job.location.path == file
	job.location.line == first
	violation := {
		"title": "Workflow does not limit its token",
		"msg": "no `permissions` are set, so that the repository's default holds",
		"location": job.location,
		"severity": "info",
		"confidence": "medium",
		"content": file,
	}
}
