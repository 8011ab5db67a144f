# METADATA
# scope: package
# title: Secret in a template of infrastructure
# description: >-
#   A password that is written in a template, or that is the default of a variable, is readable to everyone who
#   can read the repository, and it stands in the state and in the logs of deployments.
# custom:
#   id: policy/infrastructure/secret-in-template
#   severity: high
#   cwe: [798, 259]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.4, v4.0.3-6.4.1, v5.0.0-13.3.1]
#   remedy: >-
#     let the provider make and keep it (`manage_master_user_password`, a secret manager), or make the variable
#     `sensitive` without a default
#   bad: |
#     variable "db_password" {
#       default = "Summer2024!"
#     }
#   good: |
#     variable "db_password" {
#       type      = string
#       sensitive = true
#     }
package stageclear.infrastructure.secret_in_template

import data.stageclear.lib
import data.stageclear.helpers.cloud

# One secret may be used by several resources; it is told once, where it is written.
uses := lib.grouped({[fact.location, [resource.name, fact.value]] |
	some resource in cloud.resources
	some fact in resource.facts["written-secret"]
	judged(fact.value)
	not lib.is_secret_told(fact.location)
})

deny contains violation if {
	some location, found in uses
	[name, value] := sort(found)[0]
	violation := {
		"title": sprintf("Secret in a template: %s", [value.name]),
		"msg": sprintf("`%s` of `%s` is written in the repository%s", [value.name, name, guessable(value)]),
		"location": location,
		"severity": weight(value),
		"confidence": "medium",
		"content": sprintf("%s %s", [name, value.name]),
	}
}

judged(value) if not value.placeholder

judged(value) if value.weak

weight(value) := "high" if not value.placeholder

weight(value) := "medium" if value.placeholder

guessable(value) := " and easy to guess" if value.weak

guessable(value) := "" if not value.weak
