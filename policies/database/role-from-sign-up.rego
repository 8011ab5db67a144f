# METADATA
# scope: package
# title: Role taken from the sign-up form
# description: >-
#   A trigger copies a role out of the metadata that users send when they sign up. Who sends role: admin becomes one.
# custom:
#   id: policy/database/role-from-sign-up
#   severity: high
#   cwe: [269, 639]
#   owasp: ["A04:2021"]
#   asvs: [v4.0.3-4.1.2, v5.0.0-8.2.3]
#   remedy: >-
#     write a constant role in the trigger and let administrators change it
#   bad: |
#     INSERT INTO profiles (id, role) VALUES (NEW.id, NEW.raw_user_meta_data->>'role');
#   good: |
#     INSERT INTO profiles (id, role) VALUES (NEW.id, 'member');
package stageclear.database.role_from_sign_up

import data.stageclear.helpers.database

deny contains violation if {
	some facts in database.reachable
	some function in facts.functions
	function.privilege_from_metadata
	function.trigger
	violation := {
		"title": sprintf("Function `%s` takes a role from the sign-up form", [database.label(function)]),
		"msg": sprintf("`%s` copies a role or the like from `raw_user_meta_data`, which who signs up writes", [database.label(function)]),
		"location": function.location,
		"confidence": "medium",
		"content": database.label(function),
	}
}
