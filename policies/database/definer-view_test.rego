package stageclear.database.definer_view_test

import data.stageclear.database.definer_view as it
import data.stageclear.helpers.sample

severities(policy, parts) := {violation.severity |
	some violation in it.deny with input as sample.facts({
		"tables": [sample.with_policies("orders", [], [sample.column("user_id", null)], [policy])],
		"views": [sample.view("all_orders", parts)],
	})
}

own := sample.policy("select", ["authenticated"], "caller")

test_view_over_protected_rows_is_denied if {
	severities(own, {}) == {"medium"}
	severities(own, {"aggregates": true}) == {"low"}
	severities(own, {"deliberate": true}) == {"low"}
}

test_invoker_own_rows_and_public_rows_pass if {
	severities(own, {"security_invoker": true}) == set()
	severities(own, {"names_caller": true}) == set()
	severities(own, {"revoked": ["anon", "authenticated"]}) == set()
	severities(sample.policy("select", ["public"], "everybody"), {}) == set()
}
