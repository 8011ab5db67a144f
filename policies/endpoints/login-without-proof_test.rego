package stageclear.endpoints.login_without_proof_test

import data.stageclear.endpoints.login_without_proof

at(line) := {"path": "app.js", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(path, guards, kinds) := {
	"framework": "express", "methods": ["POST"], "path": path, "handler": "handler", "location": at(3),
	"context": "production", "middleware": [], "session": "token",
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"trusts": [{"kind": kind, "field": "email", "location": at(9)} | some kind in kinds],
}

test_whoever_is_named_is_logged_in if {
	some violation in login_without_proof.deny with input as {"endpoints": [route("/api/google", [], ["identity"])]}
	violation.location.line == 9
	violation.severity == "high"
}

test_those_who_are_known_and_other_values_pass if {
	count(login_without_proof.deny) == 0 with input as {"endpoints": [
		route("/api/google", ["authentication"], ["identity"]),
		route("/api/google", [], ["role", "account"]),
	]}
}

test_a_token_that_is_renewed_is_no_login if {
	count(login_without_proof.deny) == 0 with input as {"endpoints": [route("/api/refresh", [], ["identity"])]}
}

test_code_of_tests_is_not_judged if {
	tested := object.union(route("/api/google", [], ["identity"]), {"context": "test"})
	count(login_without_proof.deny) == 0 with input as {"endpoints": [tested]}
}
