# METADATA
# scope: package
# title: Event text is put into a workflow script
# description: >-
#   GitHub puts `${{ … }}` into the script before the shell reads it. Whoever may write a title, a branch name
#   or a comment then writes commands that run with the workflow's token and secrets.
# related_resources:
#   - https://docs.github.com/actions/security-for-github-actions/security-guides/security-hardening-for-github-actions
# custom:
#   id: policy/supply-chain/workflow-script-injection
#   severity: high
#   cwe: [78, 94]
#   owasp: ["A03:2021", "A08:2021"]
#   asvs: [v4.0.3-5.3.8, v5.0.0-1.2.5]
#   remedy: >-
#     pass the text in `env:` and use the variable in the script, in quotes: `"$TITLE"`
#   bad: |
#     run: echo "${{ github.event.issue.title }}"
#   good: |
#     env: { TITLE: "${{ github.event.issue.title }}" }
#     run: echo "$TITLE"
package stageclear.supply_chain.workflow_script_injection

import data.stageclear.lib

# Events that strangers cause with the repository's own token and secrets at hand.
mighty := {
	"pull_request_target", "issues", "issue_comment", "discussion", "discussion_comment", "workflow_run",
	"pull_request_review", "pull_request_review_comment",
}

mightily(step) if {
	some trigger in step.facts.trigger
	trigger.value in mighty
}

deny contains violation if {
	some step in lib.resources_of("workflow-step")
	some script in step.facts.script
	script.value.source == "anyone"
	violation := {
		"msg": sprintf("`%s` is written by whoever causes the event, and becomes part of the script", [script.value.expression]),
		"location": script.location,
		"severity": severity(step),
		"confidence": "high",
		"content": script.value.expression,
	}
}

# Only who may write to the repository starts the workflow, but then with rights that they may not have.
warn contains violation if {
	some step in lib.resources_of("workflow-step")
	some script in step.facts.script
	script.value.source == "caller"
	not step.facts.composite
	violation := {
		"title": "Input is put into a workflow script",
		"msg": sprintf("`%s` becomes part of the script", [script.value.expression]),
		"location": script.location,
		"severity": "low",
		"confidence": "medium",
		"content": script.value.expression,
	}
}

severity(step) := "high" if mightily(step)

# A pull request from a fork gets no secrets and a token that only reads; a composite action is called by others.
severity(step) := "medium" if not mightily(step)
