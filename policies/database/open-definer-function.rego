# METADATA
# scope: package
# title: Privileged function that anyone may call
# description: >-
#   Functions in the schema public can be called by everyone with the public key. One that runs with its owner's rights and never asks who calls passes all row-level security by.
# custom:
#   id: policy/database/open-definer-function
#   severity: medium
#   cwe: [862, 269]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.1, v5.0.0-8.3.3]
#   remedy: >-
#     REVOKE EXECUTE ON FUNCTION ... FROM PUBLIC, anon, authenticated, or check auth.uid() first
#   bad: |
#     CREATE FUNCTION add_credits(u uuid, n int) ... SECURITY DEFINER AS $$ UPDATE profiles SET credits = credits + n WHERE id = u $$;
#   good: |
#     REVOKE EXECUTE ON FUNCTION add_credits FROM PUBLIC, anon, authenticated;
package stageclear.database.open_definer_function

import data.stageclear.helpers.database

callable(function) if {
	function.schema in database.exposed_schemas
	not function.trigger
	not function.returns in {"trigger", "event_trigger"}
	not cut_off(function)
}

# Taken from everybody, or from those who are not signed in; who meant it forgot the default grants at most.
cut_off(function) if "public" in function.revoked

cut_off(function) if {
	"anon" in function.revoked
	"authenticated" in function.revoked
}

weighty[sprintf("%s.%s", [table.schema, table.name])] := true if {
	some facts in database.reachable
	some table in facts.tables
	heavy(table)
}

heavy(table) if database.grave(table)

heavy(table) if database.personal(table)

heavy(table) if {
	database.has_privilege(table)
	regex.match(`(profile|user|account|member|role|wallet|credit|subscri)`, table.name)
}

touches_weighty(function) if {
	some name in function.tables
	weighty[name]
}

touches_weighty(function) if "auth.users" in function.tables

severity(function) := "high" if {
	function.writes
	function.arguments
	touches_weighty(function)
}

severity(function) := "medium" if {
	function.writes
	function.arguments
	not touches_weighty(function)
	not regex.match(`(view|click|count|visit|track|log|usage|like|share|download)`, lower(function.name))
}

severity(function) := "low" if {
	function.writes
	function.arguments
	not touches_weighty(function)
	regex.match(`(view|click|count|visit|track|log|usage|like|share|download)`, lower(function.name))
}

# Cleaning up and the like: anyone may start it.
severity(function) := "low" if {
	function.writes
	not function.arguments
}

severity(function) := "medium" if {
	not function.writes
	touches_weighty(function)
	regex.match(`(email|phone|full_name|token|address|password|json|record|secret|setof .*(profile|user|customer|account)s?\b)`, function.returns)
}

deny contains violation if {
	some facts in database.reachable
	some function in facts.functions
	function.security_definer
	not function.names_caller
	callable(function)
	level := severity(function)
	violation := {
		"title": sprintf("Anyone may call the privileged function `%s`", [database.label(function)]),
		"msg": sprintf("`%s` runs with its owner's rights, never asks who calls, and everyone with the public key may call it", [database.label(function)]),
		"location": function.location,
		"severity": level,
		"confidence": "medium",
		"content": database.label(function),
	}
}
