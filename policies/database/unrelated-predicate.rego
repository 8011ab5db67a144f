# METADATA
# scope: package
# title: Policy that never asks who calls
# description: >-
#   A condition on the row alone, or on a subquery that does not name the caller, holds for every caller alike: who may change one such row may change all of them.
# custom:
#   id: policy/database/unrelated-predicate
#   severity: medium
#   cwe: [863, 639]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     compare a column with auth.uid(), also inside of the subquery
#   bad: |
#     USING (EXISTS (SELECT 1 FROM profiles WHERE role = 'admin'))
#   good: |
#     USING (EXISTS (SELECT 1 FROM profiles WHERE id = auth.uid() AND role = 'admin'))
package stageclear.database.unrelated_predicate

import data.stageclear.helpers.database

# Tables whose own policies bind a subquery: it sees only what the caller may see.
guarded[sprintf("%s.%s", [table.schema, table.name])] := true if {
	some table in database.exposed_tables
	table.rls.enabled
	not readable_by_all(table)
}

readable_by_all(table) if {
	some policy in table.policies
	policy.command in {"select", "all"}
	policy.permissive
	policy.using.reach in {"everybody", "signed-in", "rows"}
}

bound(predicate) if {
	some name in predicate.tables
	guarded[name]
}

severity(policy) := "low" if policy.command == "select"

severity(policy) := "medium" if policy.command != "select"

# Reading by the state of the row is how things are published.
counts(_, policy) if policy.command in {"update", "delete", "all"}

counts(table, policy) if {
	policy.command == "select"
	count(policy.using.tables) > 0
	database.grave(table)
}

deny contains violation if {
	some pair in database.in_force
	policy := pair.policy
	counts(pair.table, policy)
	policy.using.reach == "rows"
	not policy.using.loose
	not policy.using.signed_in
	not bound(policy.using)
	violation := {
		"title": sprintf("Policy on `%s` never asks who calls", [database.label(pair.table)]),
		"msg": sprintf("the policy `%s` for %s looks at the row alone: `%s`", [policy.name, policy.command, policy.using.text]),
		"location": policy.location,
		"severity": severity(policy),
		"confidence": "medium",
		"content": sprintf("%s %s", [database.label(pair.table), policy.name]),
	}
}
