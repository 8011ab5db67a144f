package stageclear.database.dynamic_sql_test

import data.stageclear.database.dynamic_sql as it
import data.stageclear.helpers.sample

facts(parts) := sample.facts({"functions": [sample.function("find", parts)]})

test_glued_sql_is_denied if {
	count(it.deny) == 1 with input as facts({"dynamic_sql": true})
}

test_bound_sql_passes if {
	count(it.deny) == 0 with input as facts({})
	count(it.deny) == 0 with input as facts({"dynamic_sql": true, "arguments": false})
}
