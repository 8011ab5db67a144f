# METADATA
# scope: package
# title: Policy lets everybody write
# description: >-
#   A policy for inserting, changing or deleting that is always true is the same as none: every visitor, or every signed-in user, writes rows that belong to others.
# custom:
#   id: policy/database/open-write-policy
#   severity: high
#   cwe: [862, 639]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     name the caller in the condition, such as auth.uid() = user_id; let the service role alone write what no user should (it needs no policy)
#   bad: |
#     CREATE POLICY p ON notes FOR UPDATE USING (true);
#   good: |
#     CREATE POLICY p ON notes FOR UPDATE USING (auth.uid() = user_id);
package stageclear.database.open_write_policy

import data.stageclear.helpers.database

weighty(table) if database.has_owner(table)

weighty(table) if database.has_privilege(table)

weighty(table) if database.grave(table)

weighty(table) if database.personal(table)

severity(table, policy, open) := "high" if {
	policy.command != "insert"
	open == "everybody"
}

severity(table, policy, open) := "high" if {
	policy.command != "insert"
	open == "signed-in"
	weighty(table)
}

severity(table, policy, open) := "medium" if {
	policy.command != "insert"
	open == "signed-in"
	not weighty(table)
}

severity(table, policy, open) := "low" if {
	policy.command == "insert"
	open == "everybody"
	database.form_name(table.name)
}

severity(table, policy, open) := "medium" if {
	policy.command == "insert"
	open == "everybody"
	not database.form_name(table.name)
}

severity(table, policy, open) := "medium" if {
	policy.command == "insert"
	open == "signed-in"
	database.has_owner(table)
	not database.form_name(table.name)
}

severity(table, policy, open) := "low" if {
	policy.command == "insert"
	open == "signed-in"
	not database.has_owner(table)
}

severity(table, policy, open) := "low" if {
	policy.command == "insert"
	open == "signed-in"
	database.has_owner(table)
	database.form_name(table.name)
}

verbs := {"insert": "insert into", "update": "change", "delete": "delete from", "all": "read, change and delete"}

# Names that say that the server was meant.
meant_for_server(policy) := "; the service role needs no policy, and without `TO service_role` this one is for all" if {
	regex.match(`(service|system|admin|backend|server)`, lower(policy.name))
	database.condition(policy).reach == "everybody"
}

meant_for_server(policy) := "" if not regex.match(`(service|system|admin|backend|server)`, lower(policy.name))

meant_for_server(policy) := "" if database.condition(policy).reach != "everybody"

deny contains violation if {
	some pair in database.in_force
	pair.policy.command in {"insert", "update", "delete", "all"}
	open := database.open_to(pair.policy)
	violation := {
		"title": sprintf("Policy lets %s %s `%s`", [database.who(open), verbs[pair.policy.command], database.label(pair.table)]),
		"msg": sprintf("the policy `%s` asks nothing of the row or of who calls (`%s`)%s", [pair.policy.name, database.condition(pair.policy).text, meant_for_server(pair.policy)]),
		"location": pair.policy.location,
		"severity": severity(pair.table, pair.policy, open),
		"confidence": database.sure(pair.policy.location),
		"content": sprintf("%s %s", [database.label(pair.table), pair.policy.name]),
	}
}
