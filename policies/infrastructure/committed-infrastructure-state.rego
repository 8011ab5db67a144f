# METADATA
# scope: package
# title: State of infrastructure is not ignored by git
# description: >-
#   The state of Terraform and Pulumi holds every attribute of what was made, passwords and keys among them, in
#   plain text.
# custom:
#   id: policy/infrastructure/committed-infrastructure-state
#   severity: high
#   cwe: [312, 540]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     keep the state in an encrypted backend, add `*.tfstate*` to `.gitignore`, remove the file from the history
#     and replace what it holds
#   bad: |
#     terraform.tfstate
#   good: |
#     .gitignore: *.tfstate*
package stageclear.infrastructure.committed_infrastructure_state

import data.stageclear.lib

deny contains violation if {
	some file in lib.resources_of("state-file")
	violation := {
		"msg": sprintf("`%s` holds all attributes of what was made, secrets in plain text among them", [file.name]),
		"location": file.location,
		"confidence": "medium",
		"content": file.name,
	}
}
