# METADATA
# scope: package
# title: Row-level security switched off
# description: >-
#   A later statement switches row-level security off again, often while looking for an error. From then on everyone with the public key reads and changes all rows of the table.
# custom:
#   id: policy/database/row-level-security-disabled
#   severity: high
#   cwe: [862, 284]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     enable it again, and mend the policy that was in the way
#   bad: |
#     ALTER TABLE notes DISABLE ROW LEVEL SECURITY;
#   good: |
#     ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
package stageclear.database.row_level_security_disabled

import data.stageclear.helpers.database

deny contains violation if {
	some table in database.exposed_tables
	table.rls.disabled
	violation := {
		"title": sprintf("Row-level security of `%s` is switched off", [database.label(table)]),
		"msg": sprintf("this statement leaves `%s` open to everyone with the public key", [database.label(table)]),
		"location": table.rls.location,
		"confidence": database.sure(table.rls.location),
		"content": database.label(table),
	}
}
