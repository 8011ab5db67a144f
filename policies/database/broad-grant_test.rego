package stageclear.database.broad_grant_test

import data.stageclear.database.broad_grant as it
import data.stageclear.helpers.sample

severities(privilege, object, role) := {violation.severity |
	some violation in it.deny with input as sample.facts({"grants": [{
		"privileges": [privilege], "kind": "table", "objects": [object], "roles": [role], "location": sample.at(4),
	}]})
}

test_everything_for_visitors_is_denied if {
	severities("all", "public.*", "anon") == {"low"}
	severities("update", "internal.*", "anon") == {"medium"}
}

test_single_tables_and_reading_pass if {
	severities("all", "public.posts", "anon") == set()
	severities("select", "public.*", "anon") == set()
	severities("all", "public.*", "authenticated") == set()
}
