package stageclear.database.row_level_security_disabled_test

import data.stageclear.database.row_level_security_disabled as it
import data.stageclear.helpers.sample

test_switched_off_is_denied if {
	rls := {"enabled": false, "forced": false, "disabled": true, "location": sample.at(40)}
	some violation in it.deny with input as sample.tables([sample.table("notes", {"rls": rls})])
	violation.location.line == 40
}

test_never_and_still_on_pass if {
	rls := {"enabled": false, "forced": false, "disabled": false}
	count(it.deny) == 0 with input as sample.tables([sample.table("a", {"rls": rls}), sample.table("b", {})])
}
