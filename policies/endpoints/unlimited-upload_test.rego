package stageclear.endpoints.unlimited_upload_test

import data.stageclear.endpoints.unlimited_upload

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, path, session, guards, effects) := {
	"framework": "flask", "methods": [method], "path": path, "handler": "handler", "location": at(count(path)),
	"context": "production", "middleware": [], "session": session,
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"effects": effects,
}

does(kind, name) := {"kind": kind, "name": name, "location": at(7)}

facts(endpoints) := {"endpoints": endpoints}

test_a_file_of_any_size_is_denied if {
	count(unlimited_upload.deny) == 1 with input as facts([route("POST", "/upload", "cookie", ["authentication"], [does("upload", "request.files")])])
}

test_limited_uploads_and_other_routes_pass if {
	count(unlimited_upload.deny) == 0 with input as facts([
		route("POST", "/upload", "cookie", ["body-limit"], [does("upload", "request.files")]),
		route("POST", "/notes", "cookie", [], [does("write", "db.session.add")]),
	])
}
