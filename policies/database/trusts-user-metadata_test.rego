package stageclear.database.trusts_user_metadata_test

import data.stageclear.database.trusts_user_metadata as it
import data.stageclear.helpers.sample

facts(trusts) := sample.tables([sample.with_policies("notes", [], [], [object.union(
	sample.policy("all", ["authenticated"], "caller"),
	{"using": object.union(sample.predicate("caller"), {"user_metadata": trusts})},
)])])

test_metadata_of_users_is_denied if {
	count(it.deny) == 1 with input as facts(true)
}

test_other_claims_pass if {
	count(it.deny) == 0 with input as facts(false)
}
