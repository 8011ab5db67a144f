package stageclear.database.loose_check_test

import data.stageclear.database.loose_check as it
import data.stageclear.helpers.sample

facts(check) := sample.tables([sample.with_policies("notes", [], [sample.column("user_id", null)], [object.union(sample.policy("update", ["public"], "caller"), check)])])

test_any_new_row_is_denied if {
	count(it.deny) == 1 with input as facts({"check": sample.predicate("everybody")})
}

test_the_same_condition_passes if {
	count(it.deny) == 0 with input as facts({})
}

test_none_is_the_same_condition if {
	policy := object.remove(sample.policy("update", ["public"], "caller"), ["check"])
	count(it.deny) == 0 with input as sample.tables([sample.with_policies("notes", [], [sample.column("user_id", null)], [policy])])
}
