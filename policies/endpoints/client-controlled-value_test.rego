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

test_a_page_is_told_once_for_each_kind if {
	found := client_controlled_value.deny with input as {"endpoints": [], "browser_writes": [
		{"kind": "price", "field": "total", "location": at(3)},
		{"kind": "price", "field": "unit_price", "location": at(4)},
		{"kind": "price", "field": "total", "location": at(9)},
		{"kind": "role", "field": "role", "location": at(5)},
	]}
	count(found) == 2
	some violation in found
	violation.severity == "high"
	violation.content == "total unit_price"
	count(violation.related) == 2
}

test_charges_from_rows_of_customers_are_denied if {
	charging := trusting(route("POST", "/checkout", "token", ["authentication"], []), "stored-price", "unit_amount")
	count(client_controlled_value.deny) == 0 with input as facts([charging])
	written := {"endpoints": [charging], "browser_writes": [{"kind": "price", "field": "total", "location": at(20)}]}
	found := client_controlled_value.deny with input as written
	"high" in {violation.severity | some violation in found; violation.title == "What is paid stands in a row that customers write"}
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

test_the_name_of_a_price_is_a_choice if {
	upgrade := route("POST", "/upgrade", "cookie", ["authentication"], [does("payment", "stripe.checkout.sessions.create")])
	named := client_controlled_value.deny with input as facts([trusting(upgrade, "price", "priceId")])
	{violation.severity | some violation in named} == {"medium"}
	sum := client_controlled_value.deny with input as facts([trusting(upgrade, "price", "unit_amount")])
	{violation.severity | some violation in sum} == {"high"}
}

test_a_serializer_that_stores_what_others_decide_is_told_once if {
	place := {"path": "serializers.py", "line": 9, "column": 1, "end_line": 9, "end_column": 9}
	route := {
		"framework": "django", "methods": ["PUT"], "path": "/api/orders/{pk}/", "handler": "OrderViewSet.update",
		"location": place, "context": "production", "middleware": [], "session": "token", "guards": [],
		"trusts": [
			{"kind": "writable-column", "field": "paid", "location": place},
			{"kind": "writable-column", "field": "total", "location": place},
		],
	}
	found := client_controlled_value.deny with input as {"endpoints": [route, object.union(route, {"methods": ["PATCH"]})]}
	{[violation.title, violation.severity] | some violation in found} == {["Clients may write `paid`, `total`", "medium"]}
	for_staff := object.union(route, {"guards": [{"kind": "authorization", "name": "IsAdminUser", "location": place}]})
	count(client_controlled_value.deny) == 0 with input as {"endpoints": [for_staff]}
}

test_one_place_that_serves_two_routes_is_told_once if {
	found := client_controlled_value.deny with input as facts([
		trusting(route("POST", "/managers", "cookie", [], []), "role", "papel"),
		trusting(route("PUT", "/managers", "cookie", [], []), "role", "papel"),
	])
	{[violation.title, violation.severity] | some violation in found} == {["`papel` is taken from the client", "high"]}
}

test_a_balance_that_grows_by_what_the_client_says_is_denied if {
	found := client_controlled_value.deny with input as facts([trusting(route("POST", "/confirm-topup", "token", ["authentication"], []), "credit", "amount")])
	{[violation.title, violation.severity] | some violation in found} == {["`amount` of the client is added to a balance", "high"]}
	count(client_controlled_value.deny) == 0 with input as facts([trusting(route("POST", "/confirm-topup", "token", ["authorization"], []), "credit", "amount")])
}

test_what_a_schema_has_shaped_may_be_stored_as_a_whole if {
	count(client_controlled_value.deny) == 1 with input as facts([trusting(route("PATCH", "/bookings", "token", [], []), "whole-body", "rest")])
	count(client_controlled_value.deny) == 0 with input as facts([trusting(route("PATCH", "/bookings", "token", ["validation"], []), "whole-body", "rest")])
}

account_field(name) := {
	"dialect": "express", "key": "account.writable-field", "value": {"kind": "literal", "value": name},
	"context": "production", "location": at(5),
}

test_fields_that_whoever_signs_up_sets_are_denied if {
	found := client_controlled_value.deny with input as {"endpoints": [], "settings": [account_field("isAdmin"), account_field("isVerified"), account_field("city")]}
	{[violation.content, violation.severity] | some violation in found} == {["isAdmin", "critical"], ["isVerified", "high"]}
}

test_roles_where_rights_are_asked_for_in_a_way_not_read if {
	others := [route("POST", sprintf("/things/%d", [number]), "token", ["authentication"], []) | some number in numbers.range(1, 61)]
	member := trusting(route("POST", "/members", "token", ["authentication"], []), "role", "role")
	{violation.severity | some violation in client_controlled_value.deny} == {"medium"} with input as facts(array.concat(others, [member]))
	asking := [route("POST", sprintf("/kept/%d", [number]), "token", ["authorization"], []) | some number in numbers.range(1, 30)]
	{violation.severity | some violation in client_controlled_value.deny} == {"high"} with input as facts(array.concat(array.concat(others, asking), [member]))
}
