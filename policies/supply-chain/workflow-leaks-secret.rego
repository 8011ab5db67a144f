# METADATA
# scope: package
# title: Workflow prints or passes on secrets
# description: >-
#   Logs are read by many, and masking does not know a secret that was cut, encoded or quoted. `secrets:
#   inherit` gives all of them to a workflow that needs one.
# custom:
#   id: policy/supply-chain/workflow-leaks-secret
#   severity: medium
#   cwe: [532, 200]
#   owasp: ["A09:2021", "A08:2021"]
#   asvs: [v4.0.3-7.1.1, v5.0.0-16.2.5]
#   remedy: >-
#     give a secret to the one program that needs it by `env:`, and never print it; name secrets that are passed
#     on
#   bad: |
#     run: echo ${{ secrets.TOKEN }}
#   good: |
#     env: { TOKEN: "${{ secrets.TOKEN }}" }
#     run: deploy
package stageclear.supply_chain.workflow_leaks_secret

import data.stageclear.lib

deny contains violation if {
	some step in lib.resources_of("workflow-step")
	some printed in step.facts["prints-secret"]
	violation := {
		"title": "Workflow prints a secret",
		"msg": "a secret is written to the log",
		"location": printed.location,
		"confidence": "medium",
		"content": step.name,
	}
}

deny contains violation if {
	some kind in ["workflow", "workflow-job", "workflow-step"]
	some item in lib.resources_of(kind)
	some switch in item.facts["unsecure-commands"]
	violation := {
		"title": "Workflow obeys commands in its log",
		"msg": "`ACTIONS_ALLOW_UNSECURE_COMMANDS` lets any text that is printed set variables and paths of later steps",
		"location": switch.location,
		"content": "unsecure commands",
	}
}

warn contains violation if {
	some job in lib.resources_of("workflow-job")
	some use in job.facts.uses
	not use.value["first-party"]
	some inherited in job.facts["secrets-inherit"]
	violation := {
		"title": "All secrets are passed to a workflow of others",
		"msg": sprintf("`%s` gets every secret of the repository", [use.value.name]),
		"location": inherited.location,
		"severity": "low",
		"content": use.value.name,
	}
}
