# METADATA
# scope: package
# title: SQL put together in a function
# description: >-
#   A function that glues its arguments into a statement and executes it can be made to run another one.
# custom:
#   id: policy/database/dynamic-sql
#   severity: medium
#   cwe: [89]
#   owasp: ["A03:2021"]
#   asvs: [v4.0.3-5.3.4, v5.0.0-1.2.4]
#   remedy: >-
#     use EXECUTE ... USING for values and format with %I and %L for names
#   bad: |
#     EXECUTE 'SELECT * FROM notes WHERE title = ''' || term || '''';
#   good: |
#     EXECUTE 'SELECT * FROM notes WHERE title = $1' USING term;
package stageclear.database.dynamic_sql

import data.stageclear.helpers.database

deny contains violation if {
	some facts in database.reachable
	some function in facts.functions
	function.dynamic_sql
	function.arguments
	not function.executes_argument
	not function.trigger
	violation := {
		"title": sprintf("Function `%s` puts SQL together", [database.label(function)]),
		"msg": sprintf("`%s` glues text into the SQL that it executes", [database.label(function)]),
		"location": function.location,
		"confidence": "medium",
		"content": database.label(function),
	}
}
