package stageclear.endpoints.missing_owner_check_test

import data.stageclear.endpoints.missing_owner_check

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

test_the_route_that_does_not_ask_is_denied if {
	found := missing_owner_check.deny with input as facts([
		route("DELETE", "/notes/<int:id>", "cookie", ["authentication"], [chosen("delete", "db.session.delete", "id")]),
		route("PUT", "/notes/<int:id>/x", "cookie", ["authentication", "ownership"], [chosen("write", "db.session.commit", "id")]),
	])
	{[violation.title, violation.severity] | some violation in found} == {["Nobody asks whose it is: DELETE /notes/<int:id>", "medium"]}
}

test_where_only_the_maker_is_noted_it_is_low if {
	found := missing_owner_check.deny with input as facts([
		route("DELETE", "/notes/<int:id>", "cookie", ["authentication"], [chosen("delete", "db.session.delete", "id")]),
		object.union(route("POST", "/notes", "cookie", ["authentication"], [does("write", "db.session.add")]), {"notes_owner": true}),
	])
	{violation.severity | some violation in found} == {"low"}
}

test_shared_data_administrators_and_open_routes_pass if {
	count(missing_owner_check.deny) == 0 with input as facts([
		route("DELETE", "/parts/<int:id>", "cookie", ["authentication"], [chosen("delete", "db.session.delete", "id")]),
		route("PUT", "/parts/<int:id>", "cookie", ["authentication"], [chosen("write", "db.session.commit", "id")]),
	])
	count(missing_owner_check.deny) == 0 with input as facts([
		route("PUT", "/notes/<int:id>", "cookie", ["authentication", "ownership"], [chosen("write", "db.session.commit", "id")]),
		route("DELETE", "/admin/notes/<int:id>", "cookie", ["authentication"], [chosen("delete", "db.session.delete", "id")]),
		route("DELETE", "/notes/<int:id>", "cookie", ["authentication", "authorization"], [chosen("delete", "db.session.delete", "id")]),
		route("GET", "/notes/<int:id>", "cookie", [], [chosen("read", "Note.query.get", "id")]),
		route("GET", "/search", "cookie", ["authentication"], [does("read", "Note.query.all")]),
	])
}

test_open_sign_up_makes_shared_data_everybodys if {
	found := missing_owner_check.warn with input as facts([
		route("DELETE", "/parts/<int:id>", "cookie", ["authentication"], [chosen("delete", "db.session.delete", "id")]),
		route("PUT", "/parts/<int:id>", "cookie", ["authentication"], [chosen("write", "db.session.commit", "id")]),
		route("POST", "/register", "cookie", [], []),
	])
	count(found) == 2
}

test_reading_somebody_to_note_something_new_is_low if {
	asking := route("PUT", "/notes/<int:id>/x", "cookie", ["authentication", "ownership"], [chosen("write", "db.session.commit", "id")])
	follow := route("POST", "/follow/<int:user_id>", "cookie", ["authentication"], [chosen("read", "get_object_or_404", "user_id"), does("write", "Notification.objects.create")])
	found := missing_owner_check.deny with input as facts([asking, follow])
	{violation.severity | some violation in found} == {"low"}
	changed := object.union(follow, {"effects": [chosen("read", "get_object_or_404", "user_id"), does("write", "user.save")]})
	worse := missing_owner_check.deny with input as facts([asking, changed])
	{violation.severity | some violation in worse} == {"medium"}
}

test_a_viewset_over_rows_with_an_owner if {
	place := {"path": "views.py", "line": 9, "column": 1, "end_line": 9, "end_column": 9}
	view := {
		"framework": "django", "methods": ["DELETE"], "path": "/api/orders/{pk}/", "handler": "OrderViewSet.destroy",
		"location": place, "context": "production", "middleware": [], "session": "token", "notes_owner": true,
		"guards": [{"kind": "authentication", "name": "IsAuthenticated", "location": place}],
		"effects": [{"kind": "delete", "name": "OrderViewSet.destroy", "location": place, "chosen_by": "pk"}],
	}
	{violation.severity | some violation in missing_owner_check.deny} == {"medium"} with input as {"endpoints": [view]}
}

test_payments_have_owners_too if {
	found := missing_owner_check.deny with input as facts([
		route("POST", "/refunds", "token", ["authentication"], [chosen("payment", "stripe.refunds.create", "payment_intent")]),
	])
	{[violation.title, violation.severity] | some violation in found} == {["Nobody asks whose payment it is: POST /refunds", "medium"]}
	count(missing_owner_check.deny) == 0 with input as facts([
		route("POST", "/refunds", "token", ["authentication", "ownership"], [chosen("payment", "stripe.refunds.create", "payment_intent")]),
		route("POST", "/checkout", "token", ["authentication"], [chosen("payment", "stripe.checkout.sessions.create", "price")]),
		route("POST", "/admin/refunds", "token", ["authorization"], [chosen("payment", "stripe.refunds.create", "id")]),
	])
}

test_what_other_routes_look_up_by_its_owner_is_denied_to_read_too if {
	owned := object.union(chosen("read", "prisma.file.findUnique", "id"), {"of": "file", "owned": true})
	found := missing_owner_check.deny with input as facts([route("GET", "/files/<int:id>", "cookie", ["authentication"], [owned])])
	{violation.severity | some violation in found} == {"medium"}
	count(missing_owner_check.deny) == 0 with input as facts([route("GET", "/files/<int:id>", "cookie", ["authentication"], [object.remove(owned, ["owned"])])])
}

test_whoever_is_named_by_the_client_is_denied if {
	read := object.union(chosen("read", "Task.find", "user_id"), {"of": "task"})
	found := missing_owner_check.deny with input as facts([route("GET", "/<user_id>/tasks", "cookie", ["authentication"], [read])])
	{violation.severity | some violation in found} == {"medium"}
	seen_by_all := route("GET", "/<user_id>/posts", "cookie", ["authentication"], [object.union(read, {"of": "post"})])
	count(missing_owner_check.deny) == 0 with input as facts([seen_by_all])
	asking := route("GET", "/x/<user_id>/tasks", "cookie", ["authentication", "ownership"], [read])
	count(missing_owner_check.deny) == 0 with input as facts([asking])
}

test_guards_that_are_called_after_owners_ask if {
	own := route("PUT", "/notes/<int:id>/x", "cookie", ["authentication", "ownership"], [chosen("write", "db.session.commit", "id")])
	bare := route("DELETE", "/notes/<int:id>", "cookie", ["authentication"], [chosen("delete", "db.session.delete", "id")])
	count(missing_owner_check.deny) == 0 with input as facts([own, object.union(bare, {"middleware": ["isNoteAuthor"]})])
	count(missing_owner_check.deny) == 1 with input as facts([own, object.union(bare, {"middleware": ["isAuthorized"]})])
}
