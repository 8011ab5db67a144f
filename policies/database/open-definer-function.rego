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
# Rights were taken from everybody, and given back to nobody who comes from outside.
cut_off(function) if {
	"public" in function.revoked
	not given_back(function)
}

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

given_back(function) if {
	some role in object.get(function, "granted", [])
	role in {"anon", "authenticated"}
}

# for_anybody(function): whether it changes what belongs to whichever user the caller names.
for_anybody(function) if {
	function.writes
	object.get(function, "names_user", false)
	not regex.match(trivial, lower(function.name))
}

trivial := `(view|click|count|visit|track|log|usage|like|share|download)`

severity(function) := "high" if {
	function.writes
	function.arguments
	heavy_or_named(function)
}

heavy_or_named(function) if touches_weighty(function)

heavy_or_named(function) if for_anybody(function)

severity(function) := "medium" if {
	function.writes
	function.arguments
	not heavy_or_named(function)
	not regex.match(trivial, lower(function.name))
}

severity(function) := "low" if {
	function.writes
	function.arguments
	not heavy_or_named(function)
	regex.match(trivial, lower(function.name))
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
		"msg": sprintf("`%s` runs with its owner's rights%s, never asks who calls, and %s may call it", [database.label(function), named(function), callers(function)]),
		"location": function.location,
		"severity": level,
		"confidence": "medium",
		"content": database.label(function),
	}
}

named(function) := " for whichever user it is told" if for_anybody(function)

named(function) := "" if not for_anybody(function)

callers(function) := "every signed-in user" if signed_in_only(function)

callers(function) := "everyone with the public key" if not signed_in_only(function)

signed_in_only(function) if "anon" in function.revoked

signed_in_only(function) if {
	"public" in function.revoked
	not "anon" in object.get(function, "granted", [])
}
