package stageclear.endpoints.reset_without_proof_test

import data.stageclear.endpoints.reset_without_proof

at(line) := {"path": "app.js", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(path, guards, kinds) := {
	"framework": "express", "methods": ["POST"], "path": path, "handler": "handler", "location": at(3),
	"context": "production", "middleware": [], "session": "token",
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"trusts": [{"kind": kind, "field": "email", "location": at(9)} | some kind in kinds],
}

test_anybody_sets_the_password if {
	some violation in reset_without_proof.deny with input as {"endpoints": [route("/api/reset", [], ["account"])]}
	contains(violation.msg, "`email`")
}

test_those_who_are_known_and_other_values_pass if {
	count(reset_without_proof.deny) == 0 with input as {"endpoints": [
		route("/api/reset", ["authentication"], ["account"]),
		route("/api/reset", [], ["identity"]),
	]}
}
