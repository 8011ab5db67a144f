package stageclear.database.executes_argument_test

import data.stageclear.database.executes_argument as it
import data.stageclear.helpers.sample

severities(parts) := {violation.severity |
	some violation in it.deny with input as sample.facts({"functions": [sample.function("exec_sql", object.union({"executes_argument": true}, parts))]})
}

test_open_console_is_critical if {
	severities({}) == {"critical"}
	severities({"security_definer": false}) == {"medium"}
}

test_revoked_is_low_and_none_passes if {
	severities({"revoked": ["public", "anon"]}) == {"low"}
	severities({"executes_argument": false}) == set()
}
