package stageclear.endpoints.missing_authentication_test

import data.stageclear.endpoints.missing_authentication

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, path, session, guards) := {
	"framework": "flask", "methods": [method], "path": path, "handler": "handler", "location": at(count(path)),
	"context": "production", "middleware": [], "session": session,
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
}

doing(endpoint, kind) := object.union(endpoint, {"effects": [{"kind": kind, "name": "db.session.add", "location": at(2)}]})

facts(endpoints) := {"endpoints": endpoints}

test_what_makes_routes_of_what_it_is_given_is_not_high if {
	found := missing_authentication.deny with input as facts([
		route("POST", "/items", "cookie", ["authentication"]),
		route("DELETE", "/{unknown}", "cookie", []),
	])
	{violation.severity | some violation in found} == {"medium"}
}

test_forgotten_guard_is_denied if {
	found := missing_authentication.deny with input as facts([
		route("POST", "/items", "cookie", ["authentication"]),
		route("POST", "/items/a", "cookie", ["authentication"]),
		route("POST", "/items/bb", "cookie", ["authentication"]),
		route("DELETE", "/items/1", "cookie", []),
		doing(route("POST", "/notes", "cookie", []), "write"),
		route("POST", "/convert", "cookie", []),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing authentication on DELETE /items/1", "high"],
		["Missing authentication on POST /notes", "medium"],
		["Missing authentication on POST /convert", "low"],
	}
}

test_who_logs_in_is_not_asked_who_it_is if {
	guarded := [route("POST", path, "token", ["authentication"]) | some path in ["/items", "/items/a", "/items/bb"]]
	view := object.union(route("POST", "/api/jwt/create/", "token", []), {"handler": "EmailTokenObtainPairView"})
	count(missing_authentication.deny) == 0 with input as facts(array.concat(guarded, [view]))
	count(missing_authentication.deny) == 1 with input as facts(array.concat(guarded, [object.union(view, {"handler": "TokenMakerView"})]))
}

test_app_without_any_guard_tells_what_does_harm if {
	open := facts([
		route("POST", "/items", "unknown", []),
		route("DELETE", "/items/1", "unknown", []),
		doing(route("GET", "/admin", "unknown", []), "read"),
	])
	count(missing_authentication.deny) == 0 with input as open
	found := missing_authentication.warn with input as open
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing authentication on DELETE /items/1", "medium"],
		["Missing authentication on GET /admin", "medium"],
		["Routes that show no authentication", "low"],
	}
}

test_public_reading_and_guarded_routes_pass if {
	compliant := facts([
		route("POST", "/items", "cookie", ["authorization"]),
		route("POST", "/login", "cookie", []),
		route("POST", "/api/stripe/webhook", "cookie", []),
		route("GET", "/list", "cookie", []),
		object.union(route("POST", "/e", "cookie", []), {"context": "example"}),
	])
	count(missing_authentication.deny) == 0 with input as compliant
	count(missing_authentication.warn) == 0 with input as compliant
}

test_signing_up_is_a_remark if {
	found := missing_authentication.deny with input as facts([
		route("POST", "/items", "cookie", ["authentication"]),
		route("POST", "/items/a", "cookie", ["authentication"]),
		route("POST", "/api/users", "cookie", []),
		route("PUT", "/api/users/<id>", "cookie", []),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing authentication on POST /api/users", "low"],
		["Missing authentication on PUT /api/users/<id>", "high"],
	}
}

reading(path, guards) := doing(object.union(route("GET", path, "cookie", guards), {"framework": "fastapi"}), "read")

test_a_reader_unlike_all_others_is_denied if {
	guarded := [reading(path, ["authentication"]) | some path in ["/a", "/bb", "/ccc", "/dddd", "/eeeee"]]
	found := missing_authentication.deny with input as facts(array.concat(guarded, [reading("/templates", [])]))
	{[violation.title, violation.severity] | some violation in found} == {["Missing authentication on GET /templates", "medium"]}
	marked := object.union(reading("/templates", []), {"middleware": ["Public"]})
	count(missing_authentication.deny) == 0 with input as facts(array.concat(guarded, [marked]))
	few := missing_authentication.deny with input as facts([reading("/a", ["authentication"]), reading("/templates", [])])
	count(few) == 0
}

test_an_open_socket_is_told_where_routes_ask if {
	socket := object.union(route("EVENT", "connection", "unknown", []), {"framework": "socketio", "methods": ["EVENT"]})
	found := missing_authentication.warn with input as facts([route("POST", "/items", "cookie", ["authentication"]), socket])
	{violation.severity | some violation in found} == {"medium"}
	count(missing_authentication.warn) == 0 with input as facts([socket])
}

test_orders_of_guests_are_low if {
	found := missing_authentication.deny with input as facts([
		route("POST", "/items", "cookie", ["authentication"]),
		doing(route("POST", "/create-checkout", "cookie", []), "payment"),
	])
	{violation.severity | some violation in found} == {"low"}
}

test_a_large_project_whose_guards_are_not_seen_gets_one_remark if {
	many := [route("DELETE", sprintf("/items/%s", [name]), "cookie", []) | some number in numbers.range(1, 30); name := substring("abcdefghijklmnopqrstuvwxyzabcdefghijkl", 0, number)]
	large := facts(array.concat(many, [route("POST", "/x", "cookie", ["authentication"])]))
	count(missing_authentication.deny) == 0 with input as large
	found := missing_authentication.warn with input as large
	{violation.severity | some violation in found} == {"low"}
	count(found) == 1
}

# Others ask, so that one that does not was forgotten.
among(endpoints) := facts(array.concat(endpoints, [
	route("POST", "/items", "cookie", ["authentication"]),
	route("POST", "/items/a", "cookie", ["authentication"]),
	route("POST", "/items/bb", "cookie", ["authentication"]),
	route("POST", "/items/ccc", "cookie", ["authentication"]),
]))

severities(endpoints) := {violation.severity | some violation in found} if {
	found := missing_authentication.deny with input as among(endpoints)
}

deleting(endpoint, path) := object.union(endpoint, {"effects": [{"kind": "delete", "name": "db.notes.delete", "location": object.union(at(2), {"path": path})}]})

test_what_is_deleted_far_below_is_no_alarm if {
	severities([deleting(route("POST", "/sync", "cookie", []), "app.py")]) == {"high"}
	severities([deleting(route("POST", "/sync", "cookie", []), "lib/agent.py")]) == {"medium"}
}

paying(name) := object.union(route("GET", "/buy", "cookie", []), {"effects": [{"kind": "payment", "name": name, "location": at(2)}]})

test_a_page_to_pay_at_moves_no_money if {
	severities([paying("stripe.refunds.create")]) == {"high"}
	severities([paying("stripe.checkout.sessions.create")]) == {"medium"}
}

test_what_was_not_read_is_no_alarm if {
	gone := route("DELETE", "/items/1", "cookie", [])
	severities([gone]) == {"high"}
	severities([object.union(gone, {"unknown": ["the handler is made elsewhere"]})]) == set()
	severities([object.union(gone, {"unknown": ["it only answers that this is not served"]})]) == set()
	severities([object.union(gone, {"unknown": ["what `base` checks is not resolved"]})]) == {"medium"}
	severities([object.union(gone, {"guards": [{"kind": "ownership", "name": "can", "location": at(1)}]})]) == {"medium"}
}

test_tokens_let_in if {
	severities([route("DELETE", "/shares/:shareId", "cookie", [])]) == set()
	severities([route("DELETE", "/shares/:id", "cookie", [])]) == {"high"}
	severities([object.union(route("DELETE", "/field", "cookie", []), {"handler": "removeFieldWithToken"})]) == set()
}

action(path, name) := object.union(deleting(route("POST", "action:x", "cookie", []), path), {"handler": name, "location": object.union(at(3), {"path": path})})

test_actions_tell_by_their_folder if {
	severities([action("app/auth/signup/actions.ts", "make")]) == set()
	severities([action("app/actions.ts", "requestPasswordResetAction")]) == set()
	severities([action("app/actions.ts", "removeUserAction")]) == {"high"}
	severities([object.union(action("app/actions.ts", "POST"), {"path": "action:sendOtpAction"})]) == set()
}

test_events_of_a_server_are_no_routes if {
	count(severities([route("WEBSOCKET", "/error", "cookie", [])])) == 0
	count(severities([route("WEBSOCKET", "/connection", "cookie", [])])) == 1
}

test_rows_of_persons_are_not_for_everybody if {
	open := facts([
		doing(route("GET", "/api/orders/<int:id>", "unknown", []), "read"),
		doing(route("GET", "/api/customers/search", "unknown", []), "read"),
		doing(route("GET", "/api/users/<name>/posts", "unknown", []), "read"),
		doing(route("GET", "/api/products/search", "unknown", []), "read"),
		doing(route("GET", "/invoices", "unknown", []), "file-read"),
	])
	found := missing_authentication.warn with input as open
	{violation.title | some violation in found; violation.severity == "medium"} == {
		"Missing authentication on GET /api/orders/<int:id>",
		"Missing authentication on GET /api/customers/search",
	}
}

test_what_only_known_callers_come_to_passes if {
	effect := {"kind": "write", "name": "Comment.objects.create", "location": {"path": "app.py", "line": 7, "column": 1, "end_line": 7, "end_column": 9}}
	open := {
		"framework": "flask", "methods": ["POST"], "path": "/comments", "handler": "comment", "context": "production",
		"location": {"path": "app.py", "line": 5, "column": 1, "end_line": 5, "end_column": 9}, "middleware": [],
		"session": "cookie", "guards": [], "effects": [effect],
	}
	known := object.union(open, {"effects": [object.union(effect, {"for_known": true})]})
	count(missing_authentication.warn) == 1 with input as {"endpoints": [open]}
	count(missing_authentication.warn) == 0 with input as {"endpoints": [known]}
}

test_what_a_site_tells_of_itself_is_not_told_one_by_one if {
	page := {
		"framework": "django", "methods": ["GET"], "path": "/api/settings/", "handler": "get_site_settings", "context": "production",
		"location": {"path": "views.py", "line": 5, "column": 1, "end_line": 5, "end_column": 9}, "middleware": [],
		"session": "unknown", "guards": [],
		"effects": [{"kind": "read", "name": "SiteSettings.objects.first", "location": {"path": "views.py", "line": 7, "column": 1, "end_line": 7, "end_column": 9}}],
	}
	{violation.severity | some violation in missing_authentication.warn} - {"low"} == set() with input as {"endpoints": [page]}
}

test_a_list_of_all_users_is_not_for_everybody if {
	place := {"path": "app.py", "line": 5, "column": 1, "end_line": 5, "end_column": 9}
	list := {
		"framework": "flask", "methods": ["GET"], "path": "/diagnostico/usuarios", "handler": "everybody", "context": "production",
		"location": place, "middleware": [], "session": "cookie", "guards": [],
		"effects": [{"kind": "read", "name": "User.query.all", "location": place}],
	}
	asking := object.union(list, {
		"path": "/orders/mine", "methods": ["POST"], "guards": [{"kind": "authentication", "name": "login_required", "location": place}],
		"effects": [{"kind": "write", "name": "db.session.add", "location": place}],
	})
	{violation.severity | some violation in missing_authentication.deny} == {"medium"} with input as {"endpoints": [list, asking]}
	count(missing_authentication.deny) == 0 with input as {"endpoints": [object.union(list, {"path": "/users/featured"}), asking]}
}

hosted(framework) := doing(object.union(route("DELETE", "/api/notes", "unknown", []), {"framework": framework}), "delete")

test_a_route_made_ready_for_two_hosts_is_told_once if {
	elsewhere := [{"kind": "delete", "name": "sql", "location": object.union(at(2), {"path": "api/notes.ts"})}]
	handed := object.union(hosted("pages-functions"), {"effects": elsewhere})
	count(missing_authentication.warn) == 1 with input as facts([hosted("vercel"), handed])
	count(missing_authentication.warn) == 2 with input as facts([hosted("vercel"), hosted("pages-functions")])
	count(missing_authentication.warn) == 2 with input as facts([hosted("vercel"), hosted("next-pages")])
}

test_setting_the_state_of_one_of_many_is_no_health_check if {
	set := doing(route("PATCH", "/bookings/[id]/status", "unknown", []), "write")
	count(missing_authentication.warn) == 1 with input as facts([set])
	count(missing_authentication.warn) == 0 with input as facts([object.union(set, {"path": "/api/status"})])
}

test_what_may_only_read_or_shows_a_key_is_no_alarm if {
	severities([route("POST", "/users/check_email", "cookie", [])]) == {"low"}
	severities([doing(route("POST", "/users/roles", "cookie", []), "write")]) == {"high"}
	severities([route("DELETE", "/kobo/<auth_token>/library", "cookie", [])]) == {"medium"}
	severities([route("DELETE", "/pay/return/<id>", "cookie", [])]) == {"medium"}
	severities([object.union(route("DELETE", "/items/1", "cookie", []), {"middleware": ["app.allow_permission"]})]) == {"medium"}
	cached := object.union(route("POST", "/sync", "cookie", []), {"effects": [{"kind": "delete", "name": "redis_client.delete", "location": at(2)}]})
	severities([cached]) == {"medium"}
}

test_where_many_do_not_ask_a_guard_was_not_read if {
	many := [route("DELETE", sprintf("/items/%d", [number]), "cookie", []) | some number in numbers.range(1, 21)]
	asking := [route("POST", sprintf("/notes/%d", [number]), "cookie", ["authentication"]) | some number in numbers.range(1, 40)]
	found := missing_authentication.deny with input as facts(array.concat(many, asking))
	{violation.severity | some violation in found} == {"medium"}
}

test_models_that_anybody_asks_are_told_elsewhere if {
	count(missing_authentication.warn) == 0 with input as facts([doing(route("POST", "/chat", "unknown", []), "llm")])
	count(missing_authentication.warn) == 1 with input as facts([doing(route("POST", "/chat", "unknown", []), "write")])
}

test_guests_are_let_in_on_purpose if {
	asking := [route("POST", "/items", "token", ["authentication"]), route("POST", "/items/a", "token", ["authentication"])]
	cart := doing(route("POST", "/cart/items", "token", []), "write")
	count(missing_authentication.deny) == 0 with input as facts(array.concat(asking, [object.union(cart, {"middleware": ["auth.js.optionalAuth"]})]))
	count(missing_authentication.deny) == 1 with input as facts(array.concat(asking, [cart]))
}
