package stageclear.endpoints.unverified_token_test

import data.stageclear.endpoints.unverified_token

route(path, guards, kind) := {
	"framework": "hono", "methods": ["GET"], "path": path, "handler": "handler", "context": "production",
	"location": {"path": "index.ts", "line": count(path), "column": 1, "end_line": count(path), "end_column": 9},
	"middleware": [], "session": "unknown", "effects": [],
	"guards": [{"kind": guard, "name": "guard", "location": {"path": "index.ts", "line": 1, "column": 1, "end_line": 1, "end_column": 9}} | some guard in guards],
	"trusts": [{"kind": kind, "field": "token", "location": {"path": "token.ts", "line": 4, "column": 1, "end_line": 4, "end_column": 9}}],
}

test_a_token_that_is_only_decoded_is_told_once if {
	found := unverified_token.deny with input as {"endpoints": [
		route("/me", [], "unverified-token"),
		route("/orders", [], "unverified-token"),
	]}
	count(found) == 1
}

test_whoever_is_asked_otherwise_may_read_it if {
	count(unverified_token.deny) == 0 with input as {"endpoints": [
		route("/me", ["authentication"], "unverified-token"),
		route("/me", [], "role"),
	]}
}
