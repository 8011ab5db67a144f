# METADATA
# scope: package
# title: Privileged function without a search path
# description: >-
#   A function that runs with its owner's rights looks names up along the caller's search_path: who can create an object there makes it run their own.
# custom:
#   id: policy/database/definer-without-search-path
#   severity: low
#   cwe: [426]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-13.2.2]
#   remedy: >-
#     add SET search_path = '' and write names with their schema
#   bad: |
#     CREATE FUNCTION f() ... SECURITY DEFINER AS $$...$$;
#   good: |
#     CREATE FUNCTION f() ... SECURITY DEFINER SET search_path = '' AS $$...$$;
package stageclear.database.definer_without_search_path

import data.stageclear.lib
import data.stageclear.helpers.database

found := lib.grouped({[root, [function.location.path, function.location.line, database.label(function), function.location]] |
	some facts in database.reachable
	root := facts.root
	some function in facts.functions
	function.security_definer
	not function.search_path
	not function.trigger
})

deny contains violation if {
	some root, set_of_functions in found
	functions := sort(set_of_functions)
	violation := {
		"title": sprintf("Privileged function `%s` without a search path", [functions[0][2]]),
		"msg": sprintf("%d SECURITY DEFINER function(s) that clients may call do not set `search_path`", [count(functions)]),
		"location": functions[0][3],
		"content": sprintf("search_path %s", [root]),
		"related": [{"location": function[3], "message": sprintf("`%s` does not set it either", [function[2]])} |
			some index, function in functions
			index > 0
			index <= 30
		],
	}
}
