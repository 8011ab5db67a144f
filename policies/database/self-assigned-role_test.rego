package stageclear.database.self_assigned_role_test

import data.stageclear.database.self_assigned_role as it
import data.stageclear.helpers.sample

facts(name, columns, policy, parts) := sample.tables([object.union(
	sample.with_policies(name, [], [sample.column(column, null) | some column in columns], [policy]),
	parts,
)])

own := sample.policy("update", ["authenticated"], "caller")

test_own_role_and_credits_are_denied if {
	{violation.severity | some violation in it.deny} == {"high"} with input as facts("profiles", ["id", "role"], own, {})
	{violation.severity | some violation in it.deny} == {"medium"} with input as facts("profiles", ["id", "credits"], own, {})
	count(it.deny) == 1 with input as facts("user_roles", ["role"], sample.policy("insert", ["authenticated"], "caller"), {})
}

test_guarded_columns_pass if {
	count(it.deny) == 0 with input as facts("profiles", ["id", "role"], own, {"protected_columns": ["role"]})
	checked := object.union(own, {"check": object.union(sample.predicate("caller"), {"names": ["role"]})})
	count(it.deny) == 0 with input as facts("profiles", ["id", "role"], checked, {})
}

test_other_tables_and_administrators_pass if {
	count(it.deny) == 0 with input as facts("chat_messages", ["role"], own, {})
	admin := object.union(own, {"using": object.union(sample.predicate("caller"), {"calls": ["is_admin"]})})
	count(it.deny) == 0 with input as facts("profiles", ["role"], admin, {})
	count(it.deny) == 0 with input as facts("profiles", ["name", "organization_id"], own, {})
}

test_rows_whose_key_is_the_caller_are_accounts_whatever_the_table_is_called if {
	keyed := object.union(own, {"using": object.union(sample.predicate("caller"), {"names": ["id", "uid"]})})
	{violation.severity | some violation in it.deny} == {"high"} with input as facts("advisors", ["id", "role"], keyed, {})
	by_user := object.union(own, {"using": object.union(sample.predicate("caller"), {"names": ["user_id", "uid"]})})
	count(it.deny) == 0 with input as facts("advisors", ["id", "role"], by_user, {})
}
