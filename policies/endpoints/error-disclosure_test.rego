package stageclear.endpoints.error_disclosure_test

import data.stageclear.endpoints.error_disclosure

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

told(kind, broad, context) := {"kind": kind, "broad": broad, "context": context, "location": at(3)}

test_texts_and_traces_of_any_exception_are_denied if {
	found := error_disclosure.deny with input as {"disclosures": [
		told("exception-text", true, "production"),
		told("stack-trace", true, "production"),
		told("database-message", true, "production"),
	]}
	{violation.severity | some violation in found} == {"medium", "low"}
	count(found) == 3
}

test_expected_exceptions_tests_and_other_disclosures_pass if {
	count(error_disclosure.deny) == 0 with input as {"disclosures": [
		told("exception-text", false, "production"),
		told("exception-text", true, "test"),
		told("unknown-account", true, "production"),
	]}
	count(error_disclosure.deny) == 0 with input as {}
}

test_a_habit_of_a_file_is_told_once if {
	many := [object.union(told("exception-text", true, "production"), {"location": at(line)}) | some line in numbers.range(1, 7)]
	found := error_disclosure.deny with input as {"disclosures": many}
	count(found) == 1
	some violation in found
	violation.location.line == 1
	count(violation.related) == 6

	# Four are told one by one.
	count(error_disclosure.deny) == 4 with input as {"disclosures": array.slice(many, 0, 4)}
}
