# METADATA
# scope: package
# title: Policy lets rows be given away
# description: >-
#   The condition on which rows are seen names the owner, but WITH CHECK accepts any new row: a user can move a row to another owner or tenant, or write columns that the first condition relies on.
# custom:
#   id: policy/database/loose-check
#   severity: medium
#   cwe: [863]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     leave WITH CHECK out, so that USING holds for the new row too, or repeat the condition in it
#   bad: |
#     FOR UPDATE USING (auth.uid() = user_id) WITH CHECK (true)
#   good: |
#     FOR UPDATE USING (auth.uid() = user_id) WITH CHECK (auth.uid() = user_id)
package stageclear.database.loose_check

import data.stageclear.helpers.database

matters(table) if database.has_owner(table)

matters(table) if database.has_privilege(table)

deny contains violation if {
	some pair in database.in_force
	policy := pair.policy
	policy.command in {"update", "all"}
	policy.using.reach == "caller"
	policy.check.reach in {"everybody", "signed-in"}
	matters(pair.table)
	violation := {
		"title": sprintf("Policy on `%s` accepts any new row", [database.label(pair.table)]),
		"msg": sprintf("the policy `%s` asks `%s` of the old row and `%s` of the new one", [policy.name, policy.using.text, policy.check.text]),
		"location": policy.location,
		"confidence": "medium",
		"content": sprintf("%s %s", [database.label(pair.table), policy.name]),
	}
}
