package stageclear.database.self_assigned_value_test

import data.stageclear.database.self_assigned_value as it
import data.stageclear.helpers.sample

facts(name, columns, policy, parts) := sample.tables([object.union(
	sample.with_policies(name, [], [sample.column(column, null) | some column in columns], [policy]),
	parts,
)])

own(command) := sample.policy(command, ["authenticated"], "caller")

checked(names) := object.union(own("insert"), {"check": object.union(sample.predicate("caller"), {"names": names})})

test_orders_that_customers_write_are_denied if {
	count(it.deny) == 1 with input as facts("orders", ["id", "user_id", "total", "status"], checked(["user_id"]), {})
	count(it.deny) == 1 with input as facts("order_items", ["order_id", "unit_price"], object.union(own("insert"), {"check": object.union(sample.predicate("caller"), {"tables": ["orders"]})}), {})
	count(it.deny) == 1 with input as facts("bookings", ["amount_cents"], own("update"), {})
	count(it.deny) == 1 with input as facts("kyc_records", ["user_id", "status"], checked(["user_id"]), {})
}

test_reading_and_other_tables_pass if {
	count(it.deny) == 0 with input as facts("orders", ["total"], own("select"), {})
	count(it.deny) == 0 with input as facts("expenses", ["amount", "status"], checked(["user_id"]), {})
	count(it.deny) == 0 with input as facts("tasks", ["status"], checked(["user_id"]), {})
	count(it.deny) == 0 with input as facts("bookings", ["status", "date"], checked(["user_id"]), {})
}

test_guarded_columns_and_staff_pass if {
	count(it.deny) == 0 with input as facts("orders", ["total"], checked(["user_id"]), {"protected_columns": ["*"]})
	count(it.deny) == 0 with input as facts("orders", ["total"], checked(["user_id", "total"]), {})
	staff := object.union(own("update"), {"using": object.union(sample.predicate("caller"), {"calls": ["has_role"]})})
	count(it.deny) == 0 with input as facts("orders", ["total"], staff, {})
	administrators := object.union(own("update"), {"using": object.union(sample.predicate("caller"), {"tables": ["profiles"], "names": ["role"]})})
	count(it.deny) == 0 with input as facts("orders", ["total"], administrators, {})
}
