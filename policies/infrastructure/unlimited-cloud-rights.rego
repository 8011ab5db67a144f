# METADATA
# scope: package
# title: Rights over a whole cloud account
# description: >-
#   Whoever takes over the program or key with these rights may do everything with the account: read all data,
#   make keys, delete backups. Programs need few actions on few resources.
# custom:
#   id: policy/infrastructure/unlimited-cloud-rights
#   severity: high
#   cwe: [250, 269, 732]
#   owasp: ["A01:2021", "A05:2021"]
#   asvs: [v4.0.3-1.2.2, v5.0.0-13.2.2]
#   remedy: >-
#     list the actions and resources that the program uses; let a deployment have its rights by a role of its
#     own with a boundary
#   bad: |
#     actions   = ["*"]
#     resources = ["*"]
#   good: |
#     actions   = ["s3:GetObject"]
#     resources = ["${aws_s3_bucket.uploads.arn}/*"]
package stageclear.infrastructure.unlimited_cloud_rights

import data.stageclear.helpers.cloud

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s` %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "high",
	"content": resource.name,
}

# Statements about what the holder may do; those of a resource's own policy name who may come.
own(resource) := [grant |
	some grant in object.get(resource.facts, "grant", [])
	grant.value.effect == "Allow"
	count(grant.value.principals) == 0
	not grant.value.condition
	not startswith(grant.value.of, "assume_role")
	"*" in grant.value.resources
]

# What takes away as well is a boundary more often than a grant.
takes_away(resource) if {
	some grant in object.get(resource.facts, "grant", [])
	grant.value.effect == "Deny"
}

whole_weight(resource) := "medium" if takes_away(resource)

whole_weight(resource) := "high" if not takes_away(resource)

deny contains told(resource, grant, "allows every action on everything", whole_weight(resource)) if {
	some resource in cloud.resources
	some grant in own(resource)
	some action in {"*", "*:*"}
	action in grant.value.actions
}

deny contains told(resource, grant, sprintf("allows `%s` on everything", [concat("`, `", sort(whole))]), service_weight(whole)) if {
	some resource in cloud.resources
	some grant in own(resource)
	not {"*", "*:*"} & {action | some action in grant.value.actions} != set()
	whole := {lower(action) | some action in grant.value.actions; regex.match(`^(?i)(iam|sts|s3|dynamodb|ec2|rds|secretsmanager|kms|lambda|ssm|sqs|sns|organizations|cloudformation|eks|ecs|bedrock):\*$`, action)}
	count(whole) > 0
}

service_weight(whole) := "high" if count(whole & gives_rights) > 0

service_weight(whole) := "medium" if count(whole & gives_rights) == 0

# Services by which further rights can be given.
gives_rights := {"iam:*", "sts:*", "organizations:*"}

attached := {"policy_arn", "managed_policy_arns", "policies", "policy_arns", "managed_policies"}

deny contains told(resource, fact, sprintf("has `%s`", [name]), weight) if {
	some resource in cloud.resources
	some key in attached
	some fact in object.get(resource.facts, key, [])
	is_string(fact.value)
	some name, weight in {"AdministratorAccess": "high", "IAMFullAccess": "high", "PowerUserAccess": "medium"}
	regex.match(sprintf(`(^|/)%s$`, [name]), fact.value)
}

projects := {"google_project_iam_member", "google_project_iam_binding", "google_organization_iam_member", "google_folder_iam_member"}

deny contains told(resource, fact, sprintf("gives `%s`", [fact.value]), google_weight[fact.value]) if {
	some resource in cloud.of(projects)
	some fact in cloud.says(resource, "role", {role | some role, _ in google_weight})
}

google_weight := {"roles/owner": "high", "roles/editor": "medium"}

deny contains told(resource, fact, "allows every action", "high") if {
	some resource in cloud.of({"azurerm_role_definition"})
	some fact in cloud.says(resource, "permissions.actions", {"*"})
}

deny contains told(resource, fact, sprintf("is `%s` of a subscription", [fact.value]), "high") if {
	some resource in cloud.of({"azurerm_role_assignment"})
	some fact in cloud.says(resource, "role_definition_name", {"owner", "user access administrator"})
	some scope in resource.facts.scope
	regex.match(`(?i)subscription`, json.marshal(scope.value))
}
