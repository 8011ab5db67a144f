# METADATA
# scope: package
# title: Function that runs any SQL it is given
# description: >-
#   A function that executes a text it gets as an argument is an open console: with its owner's rights everyone reads and changes the whole database.
# custom:
#   id: policy/database/executes-argument
#   severity: critical
#   cwe: [89, 94]
#   owasp: ["A03:2021"]
#   asvs: [v4.0.3-5.3.4, v5.0.0-1.2.4]
#   remedy: >-
#     drop the function; write the statements that are needed as functions of their own
#   bad: |
#     CREATE FUNCTION exec_sql(sql text) ... SECURITY DEFINER AS $$ BEGIN EXECUTE sql; END $$;
#   good: |
#     CREATE FUNCTION archive_note(id uuid) ... AS $$ UPDATE notes SET archived = true WHERE notes.id = archive_note.id $$;
package stageclear.database.executes_argument

import data.stageclear.helpers.database

cut_off(function) if {
	some role in function.revoked
	role in {"public", "anon"}
}

severity(function) := "critical" if {
	function.security_definer
	not cut_off(function)
	not function.names_caller
}

severity(function) := "high" if {
	function.security_definer
	not cut_off(function)
	function.names_caller
}

severity(function) := "low" if {
	function.security_definer
	cut_off(function)
}

severity(function) := "medium" if not function.security_definer

deny contains violation if {
	some facts in database.reachable
	some function in facts.functions
	function.executes_argument
	function.schema in database.exposed_schemas
	violation := {
		"title": sprintf("Function `%s` runs any SQL it is given", [database.label(function)]),
		"msg": sprintf("`%s` executes its argument as SQL", [database.label(function)]),
		"location": function.location,
		"severity": severity(function),
		"content": database.label(function),
	}
}
