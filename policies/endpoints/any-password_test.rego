package stageclear.endpoints.any_password_test

import data.stageclear.endpoints.any_password

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, path, session, guards, effects) := {
	"framework": "flask", "methods": [method], "path": path, "handler": "handler", "location": at(count(path)),
	"context": "production", "middleware": [], "session": session,
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"effects": effects,
}

does(kind, name) := {"kind": kind, "name": name, "location": at(7)}

facts(endpoints) := {"endpoints": endpoints}

takes_any(endpoint) := object.union(endpoint, {"any_password": true})

test_a_registration_that_takes_anything_is_denied if {
	count(any_password.deny) == 1 with input as facts([takes_any(route("POST", "/register", "cookie", [], []))])
}

test_checked_passwords_and_logins_pass if {
	count(any_password.deny) == 0 with input as facts([
		route("POST", "/register", "cookie", [], []),
		takes_any(route("POST", "/login", "cookie", [], [])),
		takes_any(route("POST", "/auth/forgot-password", "cookie", [], [])),
	])
}

validated := takes_any(route("POST", "/register", "cookie", ["validation"], []))

rule(path) := {"dialect": "express", "key": "password.min_length", "value": {"kind": "literal", "value": 8}, "location": object.union(at(3), {"path": path}), "context": "production"}

test_a_schema_counts_where_some_schema_speaks_of_passwords if {
	count(any_password.deny) == 1 with input as facts([validated])
	count(any_password.deny) == 0 with input as object.union(facts([validated]), {"settings": [rule("src/schemas.ts")]})
	count(any_password.deny) == 1 with input as object.union(facts([validated]), {"settings": [rule("frontend/src/Register.tsx")]})
}

test_a_rule_of_the_model_holds_where_the_model_hashes if {
	rule := {"dialect": "javascript", "key": "password.rule", "value": {"kind": "literal", "value": true}, "location": at(3), "context": "production"}
	plain := takes_any(route("POST", "/register", "unknown", [], [does("write", "User.create")]))
	hashed := takes_any(route("POST", "/register", "unknown", [], [does("password", "bcrypt.hash")]))
	count(any_password.deny) == 0 with input as {"endpoints": [plain], "settings": [rule]}
	count(any_password.deny) == 1 with input as {"endpoints": [hashed], "settings": [rule]}
}
