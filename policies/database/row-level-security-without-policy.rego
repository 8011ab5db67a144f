# METADATA
# scope: package
# title: Row-level security without a policy
# description: >-
#   A table with row-level security and no policy can be used by the server only. That is safe; where clients are meant to use it, it is where people later switch the protection off.
# custom:
#   id: policy/database/row-level-security-without-policy
#   severity: info
#   cwe: [1188]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2]
#   remedy: >-
#     add the policies that clients need, or a comment that only the server uses the table
#   bad: |
#     ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
#   good: |
#     CREATE POLICY own ON notes USING (auth.uid() = user_id);
package stageclear.database.row_level_security_without_policy

import data.stageclear.helpers.database

warn contains violation if {
	some table in database.exposed_tables
	not table.system
	table.rls.enabled
	count(table.policies) == 0
	violation := {
		"title": sprintf("No policy on `%s`", [database.label(table)]),
		"msg": sprintf("`%s` has row-level security but no policy: only the server can use it", [database.label(table)]),
		"location": table.location,
		"confidence": "medium",
		"content": database.label(table),
	}
}
