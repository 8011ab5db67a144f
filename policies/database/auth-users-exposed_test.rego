package stageclear.database.auth_users_exposed_test

import data.stageclear.database.auth_users_exposed as it
import data.stageclear.helpers.sample

facts(parts) := sample.facts({"views": [sample.view("people", object.union({"tables": ["auth.users"]}, parts))]})

test_accounts_in_public_are_denied if {
	{violation.severity | some violation in it.deny} == {"high"} with input as facts({"sensitive": ["contact"]})
	{violation.severity | some violation in it.deny} == {"high"} with input as facts({"all_columns": true})
	{violation.severity | some violation in it.deny} == {"low"} with input as facts({})
}

test_private_and_own_account_pass if {
	count(it.deny) == 0 with input as facts({"schema": "private"})
	count(it.deny) == 0 with input as facts({"names_caller": true})
	count(it.deny) == 0 with input as facts({"tables": ["public.profiles"]})
	count(it.deny) == 0 with input as facts({"security_invoker": true})
	count(it.deny) == 0 with input as facts({"revoked": ["anon", "authenticated"]})
}
