package stageclear.endpoints.unescaped_mail_test

import data.stageclear.endpoints.unescaped_mail

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, path, session, guards, effects) := {
	"framework": "flask", "methods": [method], "path": path, "handler": "handler", "location": at(count(path)),
	"context": "production", "middleware": [], "session": session,
	"guards": [{"kind": kind, "name": "guard", "location": at(1)} | some kind in guards],
	"effects": effects,
}

facts(endpoints) := {"endpoints": endpoints}

trusting(endpoint, kind, field) := object.union(endpoint, {"trusts": [{"kind": kind, "field": field, "location": at(9)}]})

test_texts_of_strangers_weigh_more if {
	found := unescaped_mail.deny with input as facts([
		trusting(route("POST", "/contact", "unknown", [], []), "mail-html", "message"),
		trusting(route("POST", "/tickets", "cookie", ["authentication"], []), "mail-html", "subject"),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["`message` stands unescaped in the HTML of a mail", "medium"],
		["`subject` stands unescaped in the HTML of a mail", "low"],
	}
}

test_other_mails_pass if {
	count(unescaped_mail.deny) == 0 with input as facts([
		trusting(route("POST", "/contact", "unknown", [], []), "host", "host"),
		route("POST", "/contact", "unknown", [], []),
	])
}

test_one_mail_that_two_routes_send_is_told_once if {
	found := unescaped_mail.deny with input as facts([
		trusting(route("POST", "/contact", "unknown", [], []), "mail-html", "message"),
		trusting(route("POST", "/tickets", "cookie", ["authentication"], []), "mail-html", "message"),
	])
	{violation.severity | some violation in found} == {"medium"}
}
