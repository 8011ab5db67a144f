package stageclear.endpoints.missing_csrf_test

import data.stageclear.endpoints.missing_csrf

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, path, session, guards) := {
	"framework": "flask", "methods": [method], "path": path, "handler": "handler", "location": at(count(path)),
	"context": "production", "middleware": [], "session": session,
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
}

facts(endpoints) := {"endpoints": endpoints}

test_cookie_sessions_are_denied_once if {
	found := missing_csrf.deny with input as facts([
		route("POST", "/a", "cookie", []),
		route("DELETE", "/items", "cookie", ["authentication"]),
		route("GET", "/list", "cookie", []),
	])
	some violation in found
	count(found) == 1
	violation.location.line == 2
	count(violation.related) == 1
	startswith(violation.msg, "2 state-changing flask")
}

test_unknown_sessions_are_a_hint if {
	found := missing_csrf.warn with input as facts([route("POST", "/a", "unknown", [])])
	{[violation.title, violation.severity] | some violation in found} == {["Consider adding CSRF middleware", "info"]}
}

test_guarded_token_and_reading_routes_pass if {
	compliant := facts([
		route("POST", "/a", "cookie", ["csrf"]),
		route("POST", "/b", "token", []),
		route("GET", "/c", "cookie", []),
		route("POST", "/stripe/webhook", "cookie", []),
		object.union(route("POST", "/d", "cookie", []), {"framework": "django"}),
		object.union(route("POST", "/e", "cookie", []), {"context": "test"}),
	])
	count(missing_csrf.deny) == 0 with input as compliant
	count(missing_csrf.warn) == 0 with input as compliant
}

cookie(value) := {"key": "cookie.sameSite", "context": "production", "value": {"kind": "literal", "value": value}}

test_cookies_that_stay_at_home_weigh_less if {
	endpoints := [route("POST", "/a", "cookie", [])]
	lax := missing_csrf.deny with input as {"endpoints": endpoints, "settings": [cookie("lax"), cookie("Strict")]}
	{violation.severity | some violation in lax} == {"low"}
	mixed := missing_csrf.deny with input as {"endpoints": endpoints, "settings": [cookie("lax"), cookie("none")]}
	{violation.severity | some violation in mixed} == {"medium"}
}

test_cookies_of_libraries_that_stay_at_home_weigh_less if {
	found := missing_csrf.deny with input as object.union(
		facts([route("POST", "/a", "cookie", ["authentication"])]),
		{"packages": [{"name": "better-auth"}]},
	)
	{violation.severity | some violation in found} == {"low"}
}

test_ways_in_and_out_alone_weigh_less if {
	ways := [route("POST", "/login", "cookie", []), route("POST", "/signup", "cookie", []), route("POST", "/logout", "cookie", [])]
	found := missing_csrf.deny with input as facts(ways)
	{violation.severity | some violation in found} == {"low"}
	more := missing_csrf.deny with input as facts(array.concat(ways, [route("POST", "/transfer", "cookie", [])]))
	{violation.severity | some violation in more} == {"medium"}
}

test_cookies_of_starlette_stay_at_home if {
	route_of := object.union(route("POST", "/transfer", "cookie", []), {"framework": "fastapi"})
	found := missing_csrf.deny with input as facts([route_of])
	{violation.severity | some violation in found} == {"low"}
	other := missing_csrf.deny with input as {"endpoints": [route_of], "settings": [cookie("none")]}
	{violation.severity | some violation in other} == {"medium"}
}
