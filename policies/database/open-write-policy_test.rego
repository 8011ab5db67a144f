package stageclear.database.open_write_policy_test

import data.stageclear.database.open_write_policy as it
import data.stageclear.helpers.sample

severities(name, columns, policies) := {violation.severity |
	some violation in it.deny with input as sample.tables([sample.with_policies(name, [], columns, policies)])
}

owner := [sample.column("user_id", null)]

test_everybody_may_change if {
	severities("notes", [], [sample.policy("update", ["public"], "everybody")]) == {"high"}
	severities("notes", owner, [sample.policy("all", ["authenticated"], "everybody")]) == {"high"}
	severities("tags", [], [sample.policy("delete", ["public"], "signed-in")]) == {"medium"}
}

test_forms_are_a_remark if {
	severities("contact_messages", [], [sample.policy("insert", ["anon"], "everybody")]) == {"low"}
	severities("products", [], [sample.policy("insert", ["anon"], "everybody")]) == {"medium"}
	severities("posts", owner, [sample.policy("insert", ["authenticated"], "everybody")]) == {"medium"}
}

test_owners_server_and_reading_pass if {
	severities("notes", owner, [
		sample.policy("update", ["authenticated"], "caller"),
		sample.policy("all", ["service_role"], "everybody"),
		sample.policy("all", ["public"], "service"),
		sample.policy("select", ["public"], "everybody"),
	]) == set()
}

test_restrictive_policy_beside_passes if {
	severities("notes", owner, [
		sample.policy("update", ["public"], "everybody"),
		object.union(sample.policy("all", ["public"], "caller"), {"permissive": false}),
	]) == set()
}
