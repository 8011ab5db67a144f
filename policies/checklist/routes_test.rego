package stageclear.checklist.routes_test

import data.stageclear.checklist.routes

place(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(line, changes) := object.union({
	"framework": "flask", "methods": ["POST"], "path": "/items", "handler": "add", "location": place(line),
	"context": "production", "middleware": [], "guards": [], "session": "cookie",
	"effects": [{"kind": "write", "name": "db.add", "location": place(line)}],
}, changes)

guard(kind) := {"kind": kind, "name": "check", "location": place(1)}

cells(endpoint) := found[0].cells if found := routes.rows with input as {"endpoints": [endpoint], "findings": []}

test_what_is_missing_on_an_open_route if {
	found := cells(route(3, {}))
	found.authentication.state == "missing"
	found.csrf.state == "missing"
	found.validation.state == "missing"
	found["rate-limit"].state == "not-applicable"
	found.ownership.state == "not-applicable"
	not found.authorization
}

test_guards_leave_no_cell if {
	found := cells(route(3, {"guards": [guard("authentication"), guard("csrf"), guard("validation")]}))
	not found.authentication
	not found.csrf
	not found.validation
}

test_public_by_design if {
	found := cells(route(3, {"path": "/login", "handler": "login"}))
	found.authentication == {"state": "public", "reason": "its name says that it is for everybody"}
}

test_public_names_do_not_excuse_everything if {
	effects := [{"kind": "command", "name": "os.system", "location": place(4)}]
	cells(route(3, {"path": "/ping", "handler": "ping", "effects": effects})).authentication.state == "unknown"
}

test_reads_need_nobody if not cells(route(3, {"methods": ["GET"], "effects": []})).authentication

test_sessions_decide_about_csrf if {
	cells(route(3, {"session": "token"})).csrf.state == "not-applicable"
	cells(route(3, {"session": "unknown"})).csrf.state == "unknown"
	cells(route(3, {"methods": ["GET"]})).csrf.state == "not-applicable"
	cells(route(3, {"framework": "django"})).csrf.state == "not-applicable"
}

test_what_is_not_known_is_said_with_its_reason if {
	found := cells(route(3, {"unknown": ["a decorator that is not in the project"]}))
	found.authentication == {"state": "unknown", "reason": "a decorator that is not in the project"}
}

test_a_signature_or_a_role_tells_who_calls if {
	cells(route(3, {"guards": [guard("signature")]})).authentication.state == "not-applicable"
	cells(route(3, {"guards": [guard("authorization")]})).authentication.state == "not-applicable"
}

reported(column_rule, changes) := object.union({
	"rule": sprintf("policy/endpoints/%s", [column_rule]), "title": "Missing on POST /items", "message": "`POST /items` lacks it",
	"location": place(3), "severity": "medium", "confidence": "medium",
}, changes)

test_what_policies_report_is_a_hole_at_that_route_only if {
	endpoints := [route(3, {}), route(3, {"path": "/items/new"}), route(9, {})]
	rows := routes.rows with input as {"endpoints": endpoints, "findings": [reported("missing-rate-limit", {})]}
	[row.cells["rate-limit"].state | some row in rows] == ["missing", "not-applicable", "not-applicable"]
	silenced := routes.rows with input as {"endpoints": endpoints, "findings": [reported("missing-rate-limit", {"suppression": {"reason": "x"}})]}
	silenced[0].cells["rate-limit"].state == "not-applicable"
}

test_related_places_count if {
	finding := reported("missing-owner-check", {"location": place(1), "related": [{"location": place(9), "message": "`POST /items` too"}]})
	rows := routes.rows with input as {"endpoints": [route(9, {})], "findings": [finding]}
	rows[0].cells.ownership.state == "missing"
}

test_only_production_routes_have_rows if {
	rows := routes.rows with input as {"endpoints": [route(3, {"context": "test"}), route(4, {})], "findings": []}
	[row.endpoint | some row in rows] == [1]
	routes.rows == [] with input as {}
}

test_a_removed_middleware_is_a_hole if {
	finding := {"rule": "policy/settings/csrf-middleware-removed", "title": "x", "message": "x", "location": place(1)}
	rows := routes.rows with input as {"endpoints": [route(3, {"framework": "django"})], "findings": [finding]}
	rows[0].cells.csrf.state == "missing"
}
