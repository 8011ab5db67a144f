package stageclear.endpoints.missing_authorization_test

import data.stageclear.endpoints.missing_authorization

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, path, session, guards, effects) := {
	"framework": "flask", "methods": [method], "path": path, "handler": "handler", "location": at(count(path)),
	"context": "production", "middleware": [], "session": session,
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"effects": effects,
}

does(kind, name) := {"kind": kind, "name": name, "location": at(7)}

chosen(kind, name, id) := {"kind": kind, "name": name, "location": at(7), "chosen_by": id}

facts(endpoints) := {"endpoints": endpoints}

test_administration_for_every_user_is_denied if {
	found := missing_authorization.deny with input as facts([
		route("DELETE", "/admin/users/<int:id>", "cookie", ["authentication"], []),
		route("GET", "/admin/report", "cookie", ["authentication"], []),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing authorization on DELETE /admin/users/<int:id>", "high"],
		["Missing authorization on GET /admin/report", "medium"],
	}
}

test_roles_logins_and_other_routes_pass if {
	count(missing_authorization.deny) == 0 with input as facts([
		route("DELETE", "/admin/users/<int:id>", "cookie", ["authentication", "authorization"], []),
		route("POST", "/admin/login", "cookie", ["authentication"], []),
		route("DELETE", "/admin/x", "cookie", [], []),
		route("DELETE", "/notes/<int:id>", "cookie", ["authentication"], []),
	])
}

test_pages_that_only_their_layout_guards_are_denied if {
	page := {"kind": "layout-only", "broad": true, "context": "production", "location": at(3)}
	count(missing_authorization.deny) == 1 with input as {"endpoints": [], "disclosures": [page]}
	count(missing_authorization.deny) == 0 with input as {"endpoints": [], "disclosures": [object.union(page, {"kind": "exception-text"})]}
}
