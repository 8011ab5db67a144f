package stageclear.endpoints.user_enumeration_test

import data.stageclear.endpoints.user_enumeration

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

told(kind, broad, context) := {"kind": kind, "broad": broad, "context": context, "location": at(3)}

test_a_login_that_tells_accounts_apart_is_denied if {
	count(user_enumeration.deny) == 1 with input as {"disclosures": [told("unknown-account", true, "production")]}
}

test_others_pass if {
	count(user_enumeration.deny) == 0 with input as {"disclosures": [told("exception-text", true, "production"), told("unknown-account", true, "test")]}
	count(user_enumeration.deny) == 0 with input as {}
}

test_a_registration_that_tells_is_a_remark if {
	count(user_enumeration.warn) == 1 with input as {"disclosures": [told("known-account", true, "production")]}
	count(user_enumeration.warn) == 0 with input as {"disclosures": [told("unknown-account", true, "production"), told("known-account", true, "test")]}
}
