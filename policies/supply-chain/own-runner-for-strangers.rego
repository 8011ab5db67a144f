# METADATA
# scope: package
# title: Own runner takes pull requests
# description: >-
#   A pull request may change the workflow's steps. On a machine of one's own it then runs any code inside one's
#   network, and what it leaves behind is there for the next job.
# custom:
#   id: policy/supply-chain/own-runner-for-strangers
#   severity: medium
#   cwe: [829, 250]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.1.1]
#   remedy: >-
#     run pull requests on hosted or throw-away runners; ask for approval of all outside contributors
#   bad: |
#     on: pull_request
#     runs-on: self-hosted
#   good: |
#     on: pull_request
#     runs-on: ubuntu-latest
package stageclear.supply_chain.own_runner_for_strangers

import data.stageclear.lib

deny contains violation if {
	some job in lib.resources_of("workflow-job")
	some trigger in job.facts.trigger
	trigger.value in {"pull_request", "pull_request_target", "issue_comment"}
	not job.facts.condition
	some runner in job.facts["self-hosted"]
	violation := {
		"msg": sprintf("the job `%s` runs what pull requests propose on a machine of one's own", [job.name]),
		"location": runner.location,
		"confidence": "medium",
		"content": job.name,
	}
}
