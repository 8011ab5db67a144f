# METADATA
# scope: package
# title: All tables granted to visitors
# description: >-
#   Rights on every table of a schema for visitors make one missing policy an open table, also for tables that are made later.
# custom:
#   id: policy/database/broad-grant
#   severity: low
#   cwe: [732, 276]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2]
#   remedy: >-
#     grant what each table needs
#   bad: |
#     GRANT ALL ON ALL TABLES IN SCHEMA private TO anon;
#   good: |
#     GRANT SELECT ON private.posts TO anon;
package stageclear.database.broad_grant

import data.stageclear.helpers.database

writes(grant) if {
	some privilege in grant.privileges
	privilege in {"all", "insert", "update", "delete", "truncate"}
}

# What the platform serves anyway is granted by it too.
severity(schema) := "low" if schema in database.exposed_schemas

severity(schema) := "medium" if not schema in database.exposed_schemas

deny contains violation if {
	some facts in database.reachable
	some grant in facts.grants
	grant.kind == "table"
	writes(grant)
	some role in grant.roles
	role in {"anon", "public"}
	some object in grant.objects
	endswith(object, ".*")
	schema := trim_suffix(object, ".*")
	violation := {
		"title": sprintf("All tables of `%s` are granted to `%s`", [schema, role]),
		"msg": sprintf("`%s` gets %s on every table of `%s`", [role, concat(", ", grant.privileges), schema]),
		"location": grant.location,
		"severity": severity(schema),
		"content": sprintf("%s %s", [schema, role]),
	}
}
