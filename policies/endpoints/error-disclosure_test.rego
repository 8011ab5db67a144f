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
