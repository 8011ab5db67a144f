package stageclear.endpoints.unverified_webhook_test

import data.stageclear.endpoints.unverified_webhook

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

test_a_webhook_that_believes_everybody_is_denied if {
	found := unverified_webhook.deny with input as facts([route("POST", "/stripe/webhook", "unknown", [], [does("write", "db.session.commit")])])
	{violation.severity | some violation in found} == {"high"}
}

test_a_signature_that_is_handed_on_may_be_checked_there if {
	found := unverified_webhook.deny with input as facts([object.union(
		route("POST", "/stripe/webhook", "unknown", [], [does("write", "db.session.commit")]),
		{"unknown": ["a signature is taken and handed on"]},
	)])
	{violation.severity | some violation in found} == {"medium"}
}

test_a_word_in_the_path_is_checked_out_of_sight if {
	found := unverified_webhook.deny with input as facts([route("POST", "/jira/webhook/(?P<secret>[\\w-]+)", "unknown", [], [does("write", "db.session.commit")])])
	{violation.severity | some violation in found} == {"medium"}
}

test_checked_and_harmless_webhooks_pass if {
	count(unverified_webhook.deny) == 0 with input as facts([
		route("POST", "/stripe/webhook", "unknown", ["signature"], [does("write", "db.session.commit")]),
		route("POST", "/webhook", "unknown", [], []),
		route("GET", "/webhooks", "unknown", [], [does("write", "db.session.commit")]),
		route("POST", "/orders", "unknown", [], [does("write", "db.session.commit")]),
	])
}

test_pages_that_keep_addresses_are_no_receivers if {
	count(unverified_webhook.deny) == 0 with input as facts([
		route("POST", "/organizer/(?P<name>[^/]+)/webhook/add", "unknown", [], [does("write", "form.save")]),
		route("POST", "/webhooks/<int:id>/edit", "unknown", [], [does("write", "form.save")]),
	])
}

test_webhooks_that_are_kept_are_no_receivers if {
	count(unverified_webhook.deny) == 0 with input as facts([
		route("PUT", "/webhooks/:id", "unknown", [], [does("write", "prisma.webhook.update")]),
		route("POST", "/webhooks", "unknown", [], [does("write", "prisma.webhook.create")]),
		object.union(
			route("POST", "/stripe/webhook", "unknown", [], [does("write", "db.session.commit")]),
			{"unknown": ["the handler is made elsewhere"]},
		),
	])
	count(unverified_webhook.deny) == 1 with input as facts([route("POST", "/webhooks", "unknown", [], [does("write", "prisma.order.create")])])
}

test_word_of_payments_is_believed_from_nobody if {
	found := unverified_webhook.deny with input as facts([route("POST", "/api/paypal/webhook", "unknown", [], [])])
	{violation.severity | some violation in found} == {"medium"}
	count(unverified_webhook.deny) == 0 with input as facts([route("POST", "/api/paypal/webhook", "unknown", ["signature"], [])])
}

unset(context) := {"endpoints": [], "disclosures": [{"kind": "unset-secret", "broad": true, "context": context, "location": at(3)}]}

test_checks_without_a_secret_are_denied if {
	{violation.severity | some violation in unverified_webhook.deny} == {"medium"} with input as unset("production")
	count(unverified_webhook.deny) == 0 with input as unset("test")
}
