package stageclear.database.open_definer_function_test

import data.stageclear.database.open_definer_function as it
import data.stageclear.helpers.sample

severities(parts) := {violation.severity |
	some violation in it.deny with input as sample.facts({
		"tables": [sample.table("profiles", {"sensitive": ["contact"]})],
		"functions": [sample.function("add_credits", parts)],
	})
}

test_writing_for_anyone_is_denied if {
	severities({"writes": true, "tables": ["public.profiles"]}) == {"high"}
	severities({"writes": true, "tables": ["public.posts"]}) == {"medium"}
	severities({"returns": "table ( email text )", "tables": ["public.profiles"]}) == {"medium"}
	severities({"writes": true, "arguments": false}) == {"low"}
}

test_asking_revoked_and_harmless_pass if {
	severities({"writes": true, "names_caller": true}) == set()
	severities({"writes": true, "revoked": ["public"]}) == set()
	severities({"writes": true, "security_definer": false}) == set()
	severities({"writes": true, "trigger": true}) == set()
	severities({"returns": "boolean", "tables": ["public.profiles"]}) == set()
}

test_functions_for_whichever_user_is_named_are_denied if {
	severities({"writes": true, "names_user": true, "tables": ["public.posts"]}) == {"high"}
	severities({"writes": true, "names_user": true, "names_caller": true}) == set()
}

test_rights_that_are_given_back_count if {
	severities({"writes": true, "tables": ["public.posts"], "revoked": ["public"], "granted": ["authenticated"]}) == {"medium"}
	severities({"writes": true, "tables": ["public.posts"], "revoked": ["public"], "granted": ["service_role"]}) == set()
}
