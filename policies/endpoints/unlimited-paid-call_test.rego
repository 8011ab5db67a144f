package stageclear.endpoints.unlimited_paid_call_test

import data.stageclear.endpoints.unlimited_paid_call

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

test_an_open_model_call_is_denied if {
	count(unlimited_paid_call.deny) == 1 with input as facts([route("POST", "/chat", "unknown", [], [does("llm", "client.chat.completions.create")])])
}

test_guarded_or_limited_calls_pass if {
	count(unlimited_paid_call.deny) == 0 with input as facts([
		route("POST", "/chat", "cookie", ["authentication"], [does("llm", "client.chat.completions.create")]),
		route("POST", "/chat", "unknown", ["rate-limit"], [does("llm", "client.chat.completions.create")]),
		route("POST", "/notes", "unknown", [], [does("write", "db.session.add")]),
	])
}
