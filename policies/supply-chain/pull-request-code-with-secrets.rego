# METADATA
# scope: package
# title: Pull request code runs with the rights of the repository
# description: >-
#   `pull_request_target` and `workflow_run` run with secrets and a token that may write, also for pull requests
#   from strangers. A job that checks out what they propose and then builds, tests or installs it runs their
#   code with those rights.
# custom:
#   id: policy/supply-chain/pull-request-code-with-secrets
#   severity: critical
#   cwe: [94, 829]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.1.1, v5.0.0-13.3.2]
#   remedy: >-
#     build pull requests in a `pull_request` workflow; let the privileged one only read its results
#   bad: |
#     on: pull_request_target
#     steps:
#       - uses: actions/checkout@v4
#         with: { ref: "${{ github.event.pull_request.head.sha }}" }
#       - run: npm ci && npm test
#   good: |
#     on: pull_request
#     steps:
#       - uses: actions/checkout@v4
#       - run: npm ci && npm test
package stageclear.supply_chain.pull_request_code_with_secrets

import data.stageclear.lib

mighty := {"pull_request_target", "workflow_run", "issue_comment"}

mightily(job) if {
	some trigger in job.facts.trigger
	trigger.value in mighty
}

# Only known authors, own branches or labels that a maintainer sets.
filtered(job) if job.facts.condition

filtered(job) if job.facts.environment

deny contains violation if {
	some job in lib.resources_of("workflow-job")
	mightily(job)
	some head in job.facts["runs-head"]
	violation := {
		"msg": sprintf("the job `%s` checks out what a pull request proposes, and runs it", [job.name]),
		"location": head.location,
		"severity": severity(job),
		"confidence": confidence(job),
		"content": job.name,
	}
}

# Nothing was seen that runs it; actions that are called may.
warn contains violation if {
	some job in lib.resources_of("workflow-job")
	mightily(job)
	not job.facts["runs-head"]
	some head in job.facts["checks-out-head"]
	violation := {
		"title": "Pull request code is checked out with the rights of the repository",
		"msg": sprintf("the job `%s` checks out what a pull request proposes", [job.name]),
		"location": head.location,
		"severity": "medium",
		"confidence": "medium",
		"content": job.name,
	}
}

# Runs of another workflow are often for one's own branches; the name of a branch is no proof of that.
by_pull_request(job) if {
	some trigger in job.facts.trigger
	trigger.value in {"pull_request_target", "issue_comment"}
}

severity(job) := "critical" if {
	not filtered(job)
	by_pull_request(job)
}

severity(job) := "high" if {
	not filtered(job)
	not by_pull_request(job)
}

severity(job) := "medium" if filtered(job)

confidence(job) := "high" if {
	not filtered(job)
	by_pull_request(job)
}

confidence(job) := "medium" if filtered(job)

confidence(job) := "medium" if {
	not filtered(job)
	not by_pull_request(job)
}
