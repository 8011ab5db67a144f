# METADATA
# scope: package
# title: User pool takes weak passwords or strangers
# description: >-
#   A pool that takes short passwords, or that gives credentials of the cloud to callers who have not signed in,
#   lets strangers in.
# custom:
#   id: policy/infrastructure/weak-user-pool
#   severity: medium
#   cwe: [521, 306]
#   owasp: ["A07:2021"]
#   asvs: [v4.0.3-2.1.1, v5.0.0-6.2.1]
#   remedy: >-
#     ask for 12 characters; set `allow_unauthenticated_identities = false`
#   bad: |
#     password_policy {
#       minimum_length = 6
#     }
#   good: |
#     password_policy {
#       minimum_length = 12
#     }
package stageclear.infrastructure.weak_user_pool

import data.stageclear.helpers.cloud

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s` %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "high",
	"content": resource.name,
}

deny contains told(resource, fact, sprintf("takes passwords of %d characters", [fact.value]), "medium") if {
	some resource in cloud.of({"aws_cognito_user_pool", "AWS::Cognito::UserPool"})
	some key in {"password_policy.minimum_length", "policies.password_policy.minimum_length"}
	some fact in object.get(resource.facts, key, [])
	is_number(fact.value)
	fact.value < 8
}

deny contains told(resource, fact, "gives credentials to callers who have not signed in", "medium") if {
	some resource in cloud.of({"aws_cognito_identity_pool", "AWS::Cognito::IdentityPool"})
	some fact in cloud.on(resource, "allow_unauthenticated_identities")
}
