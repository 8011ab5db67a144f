package stageclear.database.open_read_policy_test

import data.stageclear.database.open_read_policy as it
import data.stageclear.helpers.sample

severities(name, sensitive, columns, roles, reach) := {violation.severity |
	some violation in it.deny with input as sample.tables([sample.with_policies(name, sensitive, columns, [sample.policy("select", roles, reach)])])
}

test_personal_data_is_denied if {
	severities("integrations", ["secret"], [], ["public"], "everybody") == {"high"}
	severities("profiles", ["contact"], [], ["public"], "everybody") == {"medium"}
	severities("profiles", ["contact"], [], ["authenticated"], "everybody") == {"low"}
	severities("messages", [], [sample.column("user_id", null)], ["public"], "everybody") == {"medium"}
}

test_codes_and_records_are_denied if {
	severities("promo_codes", [], [], ["public"], "everybody") == {"medium"}
	severities("audit_logs", [], [], ["authenticated"], "everybody") == {"low"}
}

test_content_and_own_rows_pass if {
	severities("posts", [], [sample.column("user_id", null)], ["public"], "everybody") == set()
	severities("profiles", ["contact"], [], ["public"], "caller") == set()
	severities("restaurants", ["contact"], [], ["public"], "everybody") == set()
	severities("profiles", ["contact"], [], ["service_role"], "everybody") == set()
}
