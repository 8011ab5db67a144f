package stageclear.endpoints.refresh_token_accepted_test

import data.stageclear.endpoints.refresh_token_accepted

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

told(kind, context) := {"kind": kind, "broad": true, "context": context, "location": at(3)}

test_it_is_denied if {
	{violation.severity | some violation in refresh_token_accepted.deny} == {"medium"} with input as {"disclosures": [told("refresh-token", "production")]}
}

test_others_pass if {
	count(refresh_token_accepted.deny) == 0 with input as {"disclosures": [told("refresh-token", "test"), told("user-row", "production")]}
}
