package stageclear.database.unrelated_predicate_test

import data.stageclear.database.unrelated_predicate as it
import data.stageclear.helpers.sample

changed(command, reach, tables) := object.union(
	sample.policy(command, ["public"], reach),
	{"using": object.union(sample.predicate(reach), {"tables": tables})},
)

profiles(policies) := sample.with_policies("profiles", [], [], policies)

test_subquery_without_the_caller_is_denied if {
	open := [sample.policy("select", ["public"], "everybody")]
	some violation in it.deny with input as sample.tables([
		profiles(open),
		sample.with_policies("posts", [], [], [changed("delete", "rows", ["public.profiles"])]),
	])
	violation.severity == "medium"
}

test_bound_subqueries_and_published_rows_pass if {
	own := [sample.policy("select", ["public"], "caller")]
	count(it.deny) == 0 with input as sample.tables([
		profiles(own),
		sample.with_policies("posts", [], [], [changed("delete", "rows", ["public.profiles"])]),
		sample.with_policies("articles", [], [], [sample.policy("select", ["public"], "rows")]),
		sample.with_policies("notes", [], [], [sample.policy("update", ["public"], "caller")]),
	])
}
