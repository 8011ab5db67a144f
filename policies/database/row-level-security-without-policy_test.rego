package stageclear.database.row_level_security_without_policy_test

import data.stageclear.database.row_level_security_without_policy as it
import data.stageclear.helpers.sample

test_no_policy_is_a_remark if {
	count(it.warn) == 1 with input as sample.tables([sample.table("notes", {})])
}

test_with_policy_or_off_passes if {
	off := {"rls": {"enabled": false, "forced": false, "disabled": false}}
	own := {"policies": [sample.policy("all", ["authenticated"], "caller")]}
	count(it.warn) == 0 with input as sample.tables([sample.table("a", off), sample.table("b", own)])
}
