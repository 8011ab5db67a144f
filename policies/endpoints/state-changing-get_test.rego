package stageclear.endpoints.state_changing_get_test

import data.stageclear.endpoints.state_changing_get

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

test_deleting_by_a_link_is_denied if {
	found := state_changing_get.deny with input as facts([
		route("GET", "/notes/<int:id>/delete", "cookie", ["authentication"], [does("delete", "db.session.delete")]),
		route("GET", "/items/approve", "token", ["authentication"], [does("write", "db.session.commit")]),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["GET request changes data: /notes/<int:id>/delete", "medium"],
		["GET request changes data: /items/approve", "low"],
	}
}

test_reading_and_links_in_mails_pass if {
	count(state_changing_get.deny) == 0 with input as facts([
		route("GET", "/notes", "cookie", [], [does("read", "Note.query.all")]),
		route("GET", "/profile", "cookie", [], [does("write", "db.session.commit")]),
		route("GET", "/verify/<token>", "cookie", [], [does("write", "db.session.commit"), does("mail", "send_mail")]),
		route("POST", "/notes/<int:id>/delete", "cookie", [], [does("delete", "db.session.delete")]),
	])
}

test_logging_out_by_a_link_is_a_remark if {
	count(state_changing_get.warn) == 1 with input as facts([route("GET", "/logout", "cookie", [], []), route("POST", "/sign-out", "cookie", [], [])])
}

only(effect, method) := object.union(effect, {"only_on": method})

test_views_that_take_every_method_and_parts_on_get_are_denied if {
	found := state_changing_get.deny with input as facts([
		object.union(route("ANY", "/orders/<int:pk>/remove/", "cookie", [], [does("delete", "order.delete")]), {"framework": "django"}),
		object.union(route("ANY", "/posts/<int:pk>/like/", "cookie", [], [does("write", "post.save")]), {"framework": "django"}),
		object.union(route("GET", "/2fa/enroll", "cookie", [], [only(does("write", "db.session.commit"), "GET")]), {"methods": ["GET", "POST"]}),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["GET request changes data: /orders/<int:pk>/remove/", "medium"],
		["GET request changes data: /posts/<int:pk>/like/", "low"],
		["GET request changes data: /2fa/enroll", "medium"],
	}
}

test_what_happens_on_post_only_passes if {
	count(state_changing_get.deny) == 0 with input as facts([
		object.union(route("ANY", "/orders/<int:pk>/remove/", "cookie", [], [only(does("delete", "order.delete"), "POST")]), {"framework": "django"}),
		object.union(route("ANY", "/orders/<int:pk>/remove/", "cookie", [], [does("delete", "order.delete")]), {"framework": "express"}),
		object.union(route("GET", "/notes/delete", "cookie", [], [does("delete", "db.session.delete")]), {"methods": ["GET", "POST"]}),
	])
}

test_functions_of_hosts_answer_links_too if {
	hosted := object.union(route("ANY", "/api/seed", "unknown", [], [does("delete", "sql")]), {"framework": "vercel"})
	count(state_changing_get.deny) == 1 with input as facts([hosted])
	told := object.union(hosted, {"effects": [only(does("delete", "sql"), "POST")]})
	count(state_changing_get.deny) == 0 with input as facts([told])
}
