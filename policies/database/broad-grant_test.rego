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

of_functions(object, role) := sample.facts({
	"grants": [{"privileges": ["execute"], "kind": "function", "objects": [object], "roles": [role], "location": sample.at(4)}],
	"functions": [sample.function("pay_out", {})],
})

test_every_function_for_visitors_is_denied if {
	{violation.severity | some violation in it.deny} == {"medium"} with input as of_functions("public.*", "anon")
	count(it.deny) == 0 with input as of_functions("public.*", "authenticated")
	count(it.deny) == 0 with input as of_functions("public.pay_out", "anon")
}

of_tables(enabled) := sample.facts({
	"grants": [{"privileges": ["select"], "kind": "table", "objects": ["public.*"], "roles": ["anon"], "location": sample.at(4)}],
	"tables": [sample.table("orders", {"rls": {"enabled": enabled, "forced": false}})],
})

test_reading_bare_tables_is_told if {
	{violation.severity | some violation in it.deny} == {"low"} with input as of_tables(false)
	count(it.deny) == 0 with input as of_tables(true)
}
