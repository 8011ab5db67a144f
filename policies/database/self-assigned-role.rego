# METADATA
# scope: package
# title: Users may change their own role
# description: >-
#   A user may update the row that holds the own role, plan or credits, and nothing keeps these columns from being changed. One request makes anyone an administrator or refills the account.
# custom:
#   id: policy/database/self-assigned-role
#   severity: high
#   cwe: [269, 915]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.2, v5.0.0-8.2.3]
#   remedy: >-
#     keep roles and balances in a table that clients cannot write, or guard the columns with a trigger or with rights on columns
#   bad: |
#     CREATE POLICY p ON profiles FOR UPDATE USING (auth.uid() = id); -- has role
#   good: |
#     REVOKE UPDATE ON profiles FROM authenticated; GRANT UPDATE (name) ON profiles TO authenticated;
package stageclear.database.self_assigned_role

import data.stageclear.helpers.database

of_users(name) if {
	regex.match(`(profile|user|account|member|employee|staff|role|wallet|credit|subscri|customer|admin|driver|vendor|seller|teacher|student)`, lower(name))
	not regex.match(`(message|chat|conversation|prompt|agent|log|history|transaction|invit)`, lower(name))
}

rights := {"role", "roles", "user_role", "is_admin", "isadmin", "admin", "is_superuser", "is_staff", "is_super_admin", "permissions", "app_role", "is_moderator", "access_level"}

tenants := {"tenant_id", "organization_id", "org_id", "company_id", "firm_id", "agency_id", "clinic_id", "school_id", "workspace_id", "team_id", "practice_id"}

# Whatever a table is called: a row whose key is the caller is the caller's own account.
of_account(pair) if of_users(pair.table.name)

of_account(pair) if {
	"id" in pair.policy.using.names
	count([name | some name in pair.policy.using.names; not name in {"id", "uid", "auth"}]) == 0
	pair.policy.command in {"update", "all"}
}

# Columns that some policy or function decides by.
consulted contains name if {
	some facts in database.reachable
	some table in facts.tables
	some policy in table.policies
	some name in array.concat(object.get(policy, ["using", "names"], []), object.get(policy, ["check", "names"], []))
	name in (rights | tenants)
}

guarded(table, column) if {
	some name in table.protected_columns
	name in {"*", column}
}

asks_for(policy, column) if column in policy.check.names

asks_for(policy, column) if {
	column in policy.using.names
	not policy.check
}

own_row(policy) if {
	policy.command in {"update", "all"}
	plain(policy.using)
}

# A table of roles must not take new rows from users either.
own_row(policy) if {
	policy.command == "insert"
	plain(policy.check)
}

plain(predicate) if {
	predicate.reach == "caller"
	count(predicate.calls) == 0
	count(predicate.tables) == 0
	not "app_metadata" in predicate.names
}

insertable(table, policy) if policy.command != "insert"

insertable(table, policy) if {
	policy.command == "insert"
	regex.match(`(role|credit|wallet|subscri|admin)`, lower(table.name))
}

columns(table, policy) := [column.name |
	some column in table.columns
	column.privilege
	name := lower(column.name)
	wanted(name)
	not guarded(table, column.name)
	not asks_for(policy, name)
]

wanted(name) if not name in tenants

wanted(name) if {
	name in tenants
	name in consulted
}

severity(names) := "high" if {
	some name in names
	lower(name) in (rights | tenants)
}

severity(names) := "medium" if {
	every name in names {
		not lower(name) in (rights | tenants)
	}
}

deny contains violation if {
	some pair in database.in_force
	of_account(pair)
	own_row(pair.policy)
	insertable(pair.table, pair.policy)
	names := columns(pair.table, pair.policy)
	count(names) > 0
	violation := {
		"title": sprintf("Users may change `%s` of their own `%s`", [names[0], database.label(pair.table)]),
		"msg": sprintf("the policy `%s` lets users write their own row, with %s in it", [pair.policy.name, concat(", ", [sprintf("`%s`", [name]) | some name in names])]),
		"location": pair.policy.location,
		"severity": severity(names),
		"confidence": "medium",
		"content": sprintf("%s %s", [database.label(pair.table), pair.policy.name]),
	}
}
