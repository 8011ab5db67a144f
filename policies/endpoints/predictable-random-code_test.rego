package stageclear.endpoints.predictable_random_code_test

import data.stageclear.endpoints.predictable_random_code

at(line) := {"path": "utils.js", "line": line, "column": 1, "end_line": line, "end_column": 9}

facts(kind, context) := {"disclosures": [{"kind": kind, "location": at(3), "broad": true, "context": context}]}

test_denied if {
	count(predictable_random_code.deny) == 1 with input as facts("predictable-code", "production")
}

test_others_pass if {
	count(predictable_random_code.deny) == 0 with input as facts("predictable-code", "test")
	count(predictable_random_code.deny) == 0 with input as facts("exception-text", "production")
}
