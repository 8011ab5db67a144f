# METADATA
# scope: package
# title: View that passes row-level security by
# description: >-
#   A view asks with the rights of its owner unless it says security_invoker, so everyone who may read it sees rows that the policies of its tables hide.
# custom:
#   id: policy/database/definer-view
#   severity: medium
#   cwe: [863]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2, v5.0.0-8.3.3]
#   remedy: >-
#     create it WITH (security_invoker = on), or revoke it from anon and authenticated
#   bad: |
#     CREATE VIEW v AS SELECT * FROM orders;
#   good: |
#     CREATE VIEW v WITH (security_invoker = on) AS SELECT * FROM orders;
package stageclear.database.definer_view

import data.stageclear.helpers.database

# Tables whose rows are not for all.
protected[sprintf("%s.%s", [table.schema, table.name])] := table if {
	some facts in database.reachable
	some table in facts.tables
	table.rls.enabled
	not readable_by_all(table)
}

readable_by_all(table) if {
	some policy in table.policies
	policy.command in {"select", "all"}
	policy.permissive
	policy.using.reach in {"everybody", "rows"}
	some role in policy.roles
	role in {"public", "anon"}
}

behind(view) := [name |
	some name in view.tables
	protected[name]
]

severity(view) := "medium" if {
	not minor(view)
	weighty(view)
}

severity(view) := "low" if minor(view)

severity(view) := "low" if {
	not minor(view)
	not weighty(view)
}

minor(view) if view.aggregates

# It says so itself: a selection for all.
minor(view) if view.deliberate

minor(view) if {
	regex.match(`(^public_|_public$|_public_)`, view.name)
	not view.all_columns
}

weighty(view) if count(view.sensitive) > 0

weighty(view) if {
	some name in view.tables
	database.has_owner(protected[name])
}

deny contains violation if {
	some facts in database.reachable
	some view in facts.views
	view.schema in database.exposed_schemas
	not view.security_invoker
	not view.names_caller
	not database.closed(view.revoked)
	not "auth.users" in view.tables
	names := behind(view)
	count(names) > 0
	violation := {
		"title": sprintf("View `%s` passes row-level security by", [database.label(view)]),
		"msg": sprintf("`%s` reads `%s` with the rights of its owner, and everyone with the public key may read it", [database.label(view), names[0]]),
		"location": view.location,
		"severity": severity(view),
		"confidence": "medium",
		"content": database.label(view),
	}
}
