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
		route("POST", "/admin/preview", "cookie", ["authentication"], []),
		route("POST", "/register", "cookie", [], []),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing authorization on DELETE /admin/users/<int:id>", "high"],
		["Missing authorization on GET /admin/report", "medium"],
		["Missing authorization on POST /admin/preview", "medium"],
	}
}

test_where_nobody_signs_up_all_may_be_administrators if {
	found := missing_authorization.deny with input as facts([route("DELETE", "/admin/users/<int:id>", "cookie", ["authentication"], [])])
	{violation.severity | some violation in found} == {"medium"}
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

catalogue(method, path, guards, extra) := object.union({
	"framework": "express", "methods": [method], "path": path, "handler": "h",
	"location": {"path": "routes/products.js", "line": count(path), "column": 1, "end_line": 1, "end_column": 9},
	"context": "production", "middleware": [], "session": "token",
	"guards": [{"kind": kind, "name": "guard", "location": {"path": "a.js", "line": 1, "column": 1, "end_line": 1, "end_column": 9}} | some kind in guards],
	"effects": [{"kind": "write", "name": "Product.create", "location": {"path": "a.js", "line": 3, "column": 1, "end_line": 3, "end_column": 9}}],
}, extra)

test_every_user_changes_the_catalogue if {
	found := missing_authorization.deny with input as {"endpoints": [
		catalogue("POST", "/api/auth/register", [], {}),
		catalogue("PUT", "/api/products/:id", ["authentication"], {}),
		catalogue("PATCH", "/api/submissions/:id/approve", ["authentication"], {}),
	]}
	count(found) == 2
}

test_kept_catalogues_and_those_of_sellers_pass if {
	count(missing_authorization.deny) == 0 with input as {"endpoints": [
		catalogue("POST", "/api/auth/register", [], {}),
		catalogue("PUT", "/api/products/:id", ["authentication", "authorization"], {}),
		catalogue("POST", "/api/products", ["authentication"], {"notes_owner": true}),
		catalogue("POST", "/api/products/:id/reviews", ["authentication"], {}),
	]}
	count(missing_authorization.deny) == 0 with input as {"endpoints": [catalogue("PUT", "/api/products/:id", ["authentication"], {})]}
	count(missing_authorization.deny) == 0 with input as {"endpoints": [
		catalogue("POST", "/api/auth/register", [], {"location": {"path": "auth.js", "line": 1, "column": 1, "end_line": 1, "end_column": 9}}),
		catalogue("GET", "/api/categories", ["authentication", "ownership"], {}),
		catalogue("DELETE", "/api/categories/:id", ["authentication"], {}),
	]}
}

test_pages_of_administrators_in_django if {
	page := catalogue("POST", "/admin-panel/users/<int:pk>/ban/", ["authentication"], {"framework": "django"})
	count(missing_authorization.deny) == 1 with input as {"endpoints": [page]}
	own := catalogue("ANY", "/admin/", ["authentication"], {"framework": "django", "handler": "admin.site.urls"})
	count(missing_authorization.deny) == 0 with input as {"endpoints": [own]}
}

test_settings_of_everybody_are_for_administrators if {
	found := missing_authorization.deny with input as facts([route("POST", "/configuracao", "cookie", ["authentication"], [does("write", "form.save")])])
	{[violation.title, violation.severity] | some violation in found} == {["Missing authorization on POST /configuracao", "medium"]}
	count(missing_authorization.deny) == 0 with input as facts([
		route("POST", "/configuracao", "cookie", ["authentication", "authorization"], [does("write", "form.save")]),
		route("POST", "/configuration", "cookie", ["authentication", "ownership"], [does("write", "form.save")]),
		route("POST", "/settings", "cookie", ["authentication"], [does("write", "form.save")]),
	])
}

test_one_view_behind_several_routes_is_one_finding if {
	home := {"path": "views.py", "line": 9, "column": 1, "end_line": 9, "end_column": 9}
	quiet := {"framework": "django", "effects": [], "location": home}
	found := missing_authorization.deny with input as {"endpoints": [
		catalogue("ANY", "/admin/", ["authentication"], quiet),
		catalogue("ANY", "/admin/users/", ["authentication"], quiet),
	]}
	count(found) == 1
	some violation in found
	violation.severity == "medium"
	acting := missing_authorization.deny with input as {"endpoints": [
		catalogue("ANY", "/admin/users/", ["authentication"], {"framework": "django"}),
		route("POST", "/register", "cookie", [], []),
	]}
	some other in acting
	other.severity == "high"
}

in_folder(folder) := {
	"framework": "flask",
	"location": {"path": sprintf("%s/views.py", [folder]), "line": 1, "column": 1, "end_line": 1, "end_column": 9},
}

test_an_application_in_a_folder_named_admin_is_for_everybody if {
	mail := [catalogue("POST", sprintf("/alias/%d", [n]), ["authentication"], in_folder("core/admin/ui")) | some n in numbers.range(1, 9)]
	count(missing_authorization.deny) == 0 with input as {"endpoints": mail}
	shop := [catalogue("POST", sprintf("/order/%d", [n]), ["authentication"], in_folder("shop")) | some n in numbers.range(1, 9)]
	both := array.concat(shop, [mail[0]])
	count(missing_authorization.deny) == 1 with input as {"endpoints": both}
}

test_giving_rights_is_for_those_who_may if {
	found := missing_authorization.deny with input as facts([
		route("POST", "/roles", "token", ["authentication"], [does("write", "prisma.role.create")]),
		route("PATCH", "/api/users/:id/role", "token", ["authentication"], [does("write", "prisma.user.update")]),
	])
	{violation.severity | some violation in found} == {"high"}
	count(found) == 2
	count(missing_authorization.deny) == 0 with input as facts([
		route("POST", "/roles", "token", ["authentication", "authorization"], [does("write", "prisma.role.create")]),
		route("GET", "/roles", "token", ["authentication"], [does("read", "prisma.role.findMany")]),
		route("POST", "/chat/role", "token", ["authentication"], [does("write", "prisma.message.create")]),
	])
}

people(guards) := object.union(route("GET", "/users", "token", guards, []), {"effects": [{"kind": "read", "name": "users.find", "of": "user", "location": at(7)}]})

test_all_users_for_anyone_who_registers_are_denied if {
	others := [route("POST", "/register", "token", [], []), route("DELETE", "/posts/<int:id>", "token", ["authentication", "authorization"], [])]
	count(missing_authorization.deny) == 1 with input as facts(array.concat(others, [people(["authentication"])]))
	count(missing_authorization.deny) == 0 with input as facts(array.concat(others, [people(["authentication", "authorization"])]))
	count(missing_authorization.deny) == 0 with input as facts([others[0], people(["authentication"])])
}
