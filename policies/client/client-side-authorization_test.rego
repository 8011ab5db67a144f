package stageclear.client.client_side_authorization_test

import data.stageclear.client.client_side_authorization

exposure(kind, name, credential, line) := {
	"kind": kind, "name": name, "credential": credential, "context": "production", "reached_from": "src/main.tsx",
	"location": {"path": "src/login.tsx", "line": line, "column": 1, "end_line": line, "end_column": 9},
}

test_a_password_in_the_bundle_is_denied if {
	found := client_side_authorization.deny with input as {"exposures": [exposure("password-check", "password", "password", 4)]}
	{violation.location.line | some violation in found} == {4}
}

test_a_stored_role_is_told_once_a_file if {
	found := client_side_authorization.warn with input as {"exposures": [
		exposure("stored-role", "isAdmin", "secret", 9),
		exposure("stored-role", "isAdmin", "secret", 4),
		exposure("stored-role", "isAuthenticated", "none", 7),
	]}
	{[violation.location.line, violation.severity] | some violation in found} == {[4, "medium"], [7, "low"]}
}

test_variables_and_tests_pass if {
	other := {"exposures": [
		exposure("public-variable", "VITE_API_URL", "none", 1),
		object.union(exposure("password-check", "password", "password", 2), {"context": "test"}),
	]}
	count(client_side_authorization.deny) == 0 with input as other
	count(client_side_authorization.warn) == 0 with input as other
}
