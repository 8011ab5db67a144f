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

# Functions that were taken from visitors one by one are theirs again.
deny contains violation if {
	some facts in database.reachable
	some grant in facts.grants
	grant.kind == "function"
	some role in grant.roles
	role in {"anon", "public"}
	some object in grant.objects
	endswith(object, ".*")
	schema := trim_suffix(object, ".*")
	privileged := [function | some function in facts.functions; function.schema == schema; function.security_definer; not function.trigger]
	count(privileged) > 0
	violation := {
		"title": sprintf("All functions of `%s` are granted to `%s`", [schema, role]),
		"msg": sprintf("`%s` may call every function of `%s`, those too that run with their owner's rights (%d), such as `%s`", [role, schema, count(privileged), privileged[0].name]),
		"location": grant.location,
		"severity": "medium",
		"content": sprintf("%s functions %s", [schema, role]),
	}
}

# Tables without row-level security are then read by whoever has the public key.
deny contains violation if {
	some facts in database.reachable
	some grant in facts.grants
	grant.kind == "table"
	not writes(grant)
	"select" in grant.privileges
	some role in grant.roles
	role in {"anon", "public"}
	some object in grant.objects
	endswith(object, ".*")
	schema := trim_suffix(object, ".*")
	bare := [table | some table in facts.tables; table.schema == schema; not table.rls.enabled; not database.closed(table.revoked)]
	count(bare) > 0
	violation := {
		"title": sprintf("Every table of `%s` may be read by `%s`", [schema, role]),
		"msg": sprintf("`%s` may read every table of `%s`; %d of them have no row-level security, such as `%s`", [role, schema, count(bare), bare[0].name]),
		"location": grant.location,
		"severity": "low",
		"content": sprintf("%s select %s", [schema, role]),
	}
}
