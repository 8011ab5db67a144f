package stageclear.endpoints.client_controlled_value_test

import data.stageclear.endpoints.client_controlled_value

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

trusting(endpoint, kind, field) := object.union(endpoint, {"trusts": [{"kind": kind, "field": field, "location": at(9)}]})

test_roles_and_prices_of_the_client_are_denied if {
	found := client_controlled_value.deny with input as facts([
		trusting(route("POST", "/register", "cookie", [], []), "role", "role"),
		trusting(route("POST", "/me", "cookie", ["authentication"], []), "role", "is_verified"),
		trusting(route("POST", "/pay", "cookie", ["authentication"], []), "price", "amount"),
	])
	{[violation.title, violation.severity] | some violation in found} == {
		["`role` is taken from the client", "high"],
		["`is_verified` is taken from the client", "medium"],
		["`amount` of a payment is taken from the client", "high"],
	}
}

test_administrators_may_set_roles if {
	count(client_controlled_value.deny) == 0 with input as facts([
		trusting(route("PUT", "/users/<int:id>", "cookie", ["authorization"], []), "role", "role"),
		trusting(route("PUT", "/admin/users", "cookie", ["authentication"], []), "role", "role"),
		trusting(route("POST", "/messages", "cookie", ["authentication"], []), "role", "role"),
		route("POST", "/register", "cookie", [], []),
	])
}

test_what_pages_store_is_denied if {
	found := client_controlled_value.deny with input as {"endpoints": [], "browser_writes": [
		{"kind": "price", "field": "total", "location": at(3)},
		{"kind": "role", "field": "role", "location": at(4)},
	]}
	{violation.severity | some violation in found} == {"high", "medium"}
}

test_charges_from_rows_of_customers_are_denied if {
	charging := trusting(route("POST", "/checkout", "token", ["authentication"], []), "stored-price", "unit_amount")
	count(client_controlled_value.deny) == 0 with input as facts([charging])
	written := {"endpoints": [charging], "browser_writes": [{"kind": "price", "field": "total", "location": at(20)}]}
	found := client_controlled_value.deny with input as written
	"What is paid stands in a row that customers write" in {violation.title | some violation in found}
}

test_hosts_and_models_of_the_client_are_denied if {
	found := client_controlled_value.deny with input as facts([
		trusting(route("POST", "/forgot", "unknown", [], []), "host", "host"),
		trusting(route("POST", "/chat", "unknown", [], []), "model", "model"),
		trusting(route("POST", "/ask", "token", ["authentication"], []), "model", "model"),
	])
	[violation.severity | some violation in found; violation.title == "The client chooses the language model"] == ["low", "medium"]
	"The host of a link in a mail is taken from the request" in {violation.title | some violation in found}
}

test_who_keeps_the_catalogue_sets_its_prices if {
	found := client_controlled_value.deny with input as facts([
		trusting(route("POST", "/products", "cookie", ["authentication"], []), "price", "price"),
		trusting(route("POST", "/plan", "cookie", [], []), "price", "price"),
	])
	{violation.severity | some violation in found} == {"medium", "high"}
}
