package stageclear.endpoints.missing_rate_limit_test

import data.stageclear.endpoints.missing_rate_limit

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

test_guessing_asking_and_spending_are_denied if {
	found := missing_rate_limit.deny with input as facts([
		route("POST", "/login", "cookie", [], [does("login", "login_user")]),
		route("POST", "/forgot-password", "cookie", [], [does("mail", "send_mail")]),
		route("POST", "/register", "cookie", [], [does("write", "db.session.add")]),
		route("POST", "/chat", "cookie", [], [does("llm", "client.chat.completions.create")]),
		route("POST", "/api/bookings", "cookie", [], [does("write", "db.session.add")]),
		route("POST", "/ask", "cookie", ["authentication"], [does("llm", "client.chat.completions.create")]),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing rate limit on POST /login", "medium"],
		["Missing rate limit on POST /forgot-password", "medium"],
		["Missing rate limit on POST /register", "low"],
		["Missing rate limit on POST /ask", "low"],
		["Missing rate limit on POST /api/bookings", "medium"],
	}
}

test_limited_and_ordinary_routes_pass if {
	count(missing_rate_limit.deny) == 0 with input as facts([
		route("POST", "/login", "cookie", ["rate-limit"], [does("login", "login_user")]),
		route("GET", "/login", "cookie", [], []),
		route("POST", "/notes", "cookie", ["authentication"], [does("write", "db.session.add")]),
		route("POST", "/token-list", "cookie", ["authentication"], [does("read", "Token.query.all")]),
	])
}

test_logins_of_libraries_are_logins if {
	view := {
		"framework": "django", "methods": ["POST"], "path": "/api/token/", "handler": "TokenObtainPairView", "context": "production",
		"location": {"path": "urls.py", "line": 5, "column": 1, "end_line": 5, "end_column": 9}, "middleware": [],
		"session": "token", "guards": [], "effects": [],
	}
	{violation.severity | some violation in missing_rate_limit.deny} == {"medium"} with input as {"endpoints": [view]}
	count(missing_rate_limit.deny) == 0 with input as {"endpoints": [object.union(view, {"handler": "TokenRefreshView", "path": "/api/token/refresh/"})]}
	{violation.severity | some violation in missing_rate_limit.deny} == {"medium"} with input as {"endpoints": [object.union(view, {"handler": "EmailTokenObtainPairView", "path": "/api/jwt/create/"})]}
}

test_trying_cards_is_denied if {
	found := missing_rate_limit.deny with input as facts([
		route("POST", "/validate-card", "token", ["authentication"], [does("payment", "stripe.paymentIntents.create")]),
		route("DELETE", "/payment-methods", "token", ["authentication"], [does("payment", "stripe.paymentMethods.detach")]),
	])
	{[violation.title, violation.severity] | some violation in found} == {["Missing rate limit on POST /validate-card", "medium"]}
}

test_only_resets_of_passwords_are_guessed if {
	found := missing_rate_limit.deny with input as facts([
		route("POST", "/reset-password", "cookie", [], []),
		route("POST", "/reset-table", "cookie", ["rate-limit"], [does("delete", "Row.delete")]),
		route("POST", "/reset-errors", "cookie", ["authentication"], []),
	])
	{violation.title | some violation in found} == {"Missing rate limit on POST /reset-password"}
}

action(name, line) := {
	"framework": "next-action", "methods": ["POST"], "path": sprintf("action:%s", [name]), "handler": name, "location": at(line),
	"context": "production", "middleware": [], "session": "cookie", "guards": [],
	"effects": [does("mail", "resend.emails.send")],
}

test_many_actions_of_a_file_are_told_together if {
	found := missing_rate_limit.deny with input as facts([action("one", 1), action("two", 2), action("three", 3), action("four", 4)])
	{violation.title | some violation in found} == {"Missing rate limit on 4 actions"}
	some violation in found
	count(violation.related) == 3
}

test_a_limit_by_a_header_of_the_client_is_denied if {
	told := {"kind": "spoofable-limit", "broad": true, "context": "production", "location": at(3)}
	{violation.severity | some violation in missing_rate_limit.deny} == {"medium"} with input as {"endpoints": [], "disclosures": [told]}
	count(missing_rate_limit.deny) == 0 with input as {"endpoints": [], "disclosures": [object.union(told, {"context": "test"})]}
}

test_mail_of_routes_that_should_ask_weighs_less if {
	found := missing_rate_limit.deny with input as facts([
		route("POST", "/contact", "cookie", [], [does("mail", "send_mail")]),
		route("PUT", "/appointments/<int:id>", "cookie", [], [does("mail", "send_mail"), does("write", "db.session.add")]),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["Missing rate limit on POST /contact", "medium"],
		["Missing rate limit on PUT /appointments/<int:id>", "low"],
	}
}

test_tokens_that_are_shown_again_pass if {
	count(missing_rate_limit.deny) == 0 with input as facts([
		route("POST", "/auth/refresh", "cookie", ["authentication"], [does("login", "jwt.sign")]),
		route("POST", "/auth/logout", "cookie", ["authentication"], [does("login", "jwt.sign")]),
	])
}
