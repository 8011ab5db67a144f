# METADATA
# scope: package
# title: Agent in a workflow obeys strangers
# description: >-
#   An agent in a workflow cannot tell its task from the text of an issue. Whoever opens one can make it use the
#   tools, secrets and token that it was given.
# custom:
#   id: policy/llm/agent-fed-by-strangers
#   severity: high
#   cwe: [77, 94]
#   owasp: ["LLM01:2025", "LLM06:2025"]
#   remedy: >-
#     start the agent only for known authors, give it no secrets and a token that only reads, and let a person
#     apply what it proposes
#   bad: |
#     on: issues
#     uses: anthropics/claude-code-action@v1
#     with: { prompt: "Fix ${{ github.event.issue.body }}" }
#   good: |
#     if: contains(fromJSON('["OWNER","MEMBER"]'), github.event.issue.author_association)
package stageclear.llm.agent_fed_by_strangers

import data.stageclear.lib

strangers := {"issues", "issue_comment", "pull_request_target", "discussion", "discussion_comment", "pull_request_review_comment", "pull_request_review", "workflow_run"}

by_strangers(step) if {
	some trigger in step.facts.trigger
	trigger.value in strangers
}

filtered(step) if step.facts.condition

# The job's condition counts for its steps.
filtered(step) if {
	some job in lib.resources_of("workflow-job")
	job.location.path == step.location.path
	startswith(step.name, sprintf("%s.", [job.name]))
	job.facts.condition
}

writes(step) if {
	some granted in step.facts.granted
	some permission in granted.value
	permission in {"contents", "actions", "packages", "write-all", "pull-requests", "issues", "deployments"}
}

writes(step) if not step.facts.granted

deny contains violation if {
	some step in lib.resources_of("workflow-step")
	some agent in step.facts.agent
	by_strangers(step)
	not filtered(step)
	some text in step.facts["fed-with"]
	text.value.source == "anyone"
	violation := {
		"msg": sprintf("`%s` tells the agent what to do, and anyone may write it", [text.value.expression]),
		"location": text.location,
		"severity": severity(step),
		"confidence": "medium",
		"content": text.value.expression,
	}
}

deny contains violation if {
	some step in lib.resources_of("workflow-step")
	some agent in step.facts.agent
	some open in step.facts.unrestricted
	violation := {
		"title": "Agent in a workflow runs without limits",
		"msg": sprintf("`%s` lets the agent run every command with the workflow's token and secrets", [open.value]),
		"location": open.location,
		"severity": unlimited(step),
		"confidence": "medium",
		"content": open.value,
	}
}

severity(step) := "high" if writes(step)

severity(step) := "medium" if not writes(step)

unlimited(step) := "high" if {
	by_strangers(step)
	not filtered(step)
}

unlimited(step) := "medium" if not by_strangers(step)

unlimited(step) := "medium" if {
	by_strangers(step)
	filtered(step)
}
