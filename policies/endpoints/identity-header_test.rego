package stageclear.endpoints.identity_header_test

import data.stageclear.endpoints.identity_header

told(kind, line) := {"kind": kind, "location": {"path": "auth.js", "line": line, "column": 1}, "broad": true, "context": "production"}

test_a_file_is_told_once if {
	found := identity_header.deny with input as {"disclosures": [told("identity-header", 3), told("identity-header", 9)]}
	count(found) == 1
	some violation in found
	violation.location.line == 3
	count(violation.related) == 1
}

test_other_disclosures_are_not_this if {
	count(identity_header.deny) == 0 with input as {"disclosures": [told("exception-text", 3)]}
}
