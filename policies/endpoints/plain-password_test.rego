package stageclear.endpoints.plain_password_test

import data.stageclear.endpoints.plain_password

at(line) := {"path": "app.js", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(path, guards, kinds) := {
	"framework": "express", "methods": ["POST"], "path": path, "handler": "handler", "location": at(3),
	"context": "production", "middleware": [], "session": "token",
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"trusts": [{"kind": kind, "field": "password", "location": at(9)} | some kind in kinds],
}

test_a_password_that_is_kept_is_denied if {
	some violation in plain_password.deny with input as {"endpoints": [route("/api/register", [], ["plain-password"])]}
	violation.location.line == 9
}

test_whoever_calls_it_is_kept_all_the_same if {
	count(plain_password.deny) == 1 with input as {"endpoints": [route("/users", ["authentication"], ["plain-password"])]}
}

test_other_values_pass if {
	count(plain_password.deny) == 0 with input as {"endpoints": [route("/api/register", [], ["role"])]}
}

test_one_place_is_told_once if {
	count(plain_password.deny) == 1 with input as {"endpoints": [route("/users", [], ["plain-password"]), route("/users/new", [], ["plain-password"])]}
}
