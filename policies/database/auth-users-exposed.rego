# METADATA
# scope: package
# title: Accounts exposed through a view
# description: >-
#   A view in the schema public over auth.users gives everyone with the public key the e-mail addresses, and perhaps the metadata and tokens, of all accounts.
# custom:
#   id: policy/database/auth-users-exposed
#   severity: high
#   cwe: [200, 359]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2, v5.0.0-15.3.1]
#   remedy: >-
#     drop the view and keep what the app shows in a table of profiles with policies
#   bad: |
#     CREATE VIEW public.people AS SELECT id, email FROM auth.users;
#   good: |
#     CREATE VIEW private.people AS SELECT id, email FROM auth.users;
package stageclear.database.auth_users_exposed

import data.stageclear.helpers.database

severity(view) := "high" if view.all_columns

severity(view) := "high" if {
	not view.all_columns
	count(view.sensitive) > 0
}

severity(view) := "low" if {
	not view.all_columns
	count(view.sensitive) == 0
}

deny contains violation if {
	some facts in database.reachable
	some view in facts.views
	view.schema in database.exposed_schemas
	"auth.users" in view.tables
	not view.names_caller
	not view.security_invoker
	not database.closed(view.revoked)
	violation := {
		"title": sprintf("View `%s` exposes accounts", [database.label(view)]),
		"msg": sprintf("`%s` reads `auth.users` with the rights of its owner", [database.label(view)]),
		"location": view.location,
		"severity": severity(view),
		"content": database.label(view),
	}
}
