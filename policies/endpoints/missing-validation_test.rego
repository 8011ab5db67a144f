package stageclear.endpoints.missing_validation_test

import data.stageclear.endpoints.missing_validation

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

test_stored_input_without_a_schema_is_one_remark if {
	found := missing_validation.warn with input as facts([
		route("POST", "/a", "cookie", [], [does("write", "db.session.add")]),
		route("PUT", "/bb", "cookie", [], [does("write", "db.session.add")]),
	])
	count(found) == 1
	{count(violation.related) | some violation in found} == {1}
}

test_checked_input_and_reading_pass if {
	count(missing_validation.warn) == 0 with input as facts([
		route("POST", "/a", "cookie", ["validation"], [does("write", "db.session.add")]),
		route("DELETE", "/a", "cookie", [], [does("write", "db.session.add")]),
		route("GET", "/a", "cookie", [], [does("read", "A.query.all")]),
	])
}
