# METADATA
# scope: package
# title: Policy trusts what users say of themselves
# description: >-
#   user_metadata is written by the user: everyone may set any role or tenant in it with one call, and a policy that reads it believes them.
# custom:
#   id: policy/database/trusts-user-metadata
#   severity: high
#   cwe: [639, 863]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.2, v5.0.0-8.3.1]
#   remedy: >-
#     keep roles in app_metadata, which only the server writes, or in a table that users cannot write
#   bad: |
#     USING ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin')
#   good: |
#     USING ((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin')
package stageclear.database.trusts_user_metadata

import data.stageclear.helpers.database

trusting(policy) if policy.using.user_metadata

trusting(policy) if policy.check.user_metadata

deny contains violation if {
	some pair in database.in_force
	trusting(pair.policy)
	violation := {
		"title": sprintf("Policy on `%s` trusts user_metadata", [database.label(pair.table)]),
		"msg": sprintf("the policy `%s` decides by `user_metadata`, which every user writes as they like", [pair.policy.name]),
		"location": pair.policy.location,
		"confidence": "high",
		"content": sprintf("%s %s", [database.label(pair.table), pair.policy.name]),
	}
}
