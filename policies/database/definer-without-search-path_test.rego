package stageclear.database.definer_without_search_path_test

import data.stageclear.database.definer_without_search_path as it
import data.stageclear.helpers.sample

test_functions_without_it_are_one_finding if {
	some violation in it.deny with input as sample.facts({"functions": [sample.function("a", {"search_path": false}), sample.function("b", {"search_path": false})]})
	count(violation.related) == 1
}

test_path_set_and_invoker_pass if {
	count(it.deny) == 0 with input as sample.facts({"functions": [
		sample.function("a", {}),
		sample.function("b", {"search_path": false, "security_definer": false}),
		sample.function("c", {"search_path": false, "trigger": true}),
	]})
}
