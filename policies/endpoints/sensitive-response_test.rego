package stageclear.endpoints.sensitive_response_test

import data.stageclear.endpoints.sensitive_response

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

told(kind, broad, context) := {"kind": kind, "broad": broad, "context": context, "location": at(3)}

test_a_secret_in_an_answer_is_denied if {
	{violation.severity | some violation in sensitive_response.deny} == {"high"} with input as {"disclosures": [told("private-field", true, "production")]}
}

test_others_pass if {
	count(sensitive_response.deny) == 0 with input as {"disclosures": [told("exception-text", true, "production"), told("private-field", true, "example")]}
}

test_a_whole_user_is_denied if {
	{violation.severity | some violation in sensitive_response.deny} == {"medium"} with input as {"disclosures": [told("user-row", true, "production")]}
	count(sensitive_response.deny) == 0 with input as {"disclosures": [told("user-row", true, "test")]}
}

test_a_code_that_was_sent_is_denied if {
	{violation.severity | some violation in sensitive_response.deny} == {"high"} with input as {"disclosures": [told("mailed-proof", true, "production")]}
	{violation.severity | some violation in sensitive_response.deny} == {"low"} with input as {"disclosures": [told("mailed-proof", false, "production")]}
	count(sensitive_response.deny) == 0 with input as {"disclosures": [told("mailed-proof", true, "test")]}
}
