package stageclear.endpoints.unhashed_password_test

import data.stageclear.endpoints.unhashed_password

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(method, kind) := {
	"framework": "django", "methods": [method], "path": "/api/users/{pk}/", "handler": "UserViewSet.update",
	"location": at(2), "context": "production", "middleware": [], "session": "token", "guards": [],
	"trusts": [{"kind": kind, "field": "password", "location": at(9)}],
}

test_a_serializer_that_changes_passwords_is_told_once if {
	found := unhashed_password.deny with input as {"endpoints": [route("PUT", "plain-password"), route("PATCH", "plain-password")]}
	count(found) == 1
}

test_other_columns_pass if {
	count(unhashed_password.deny) == 0 with input as {"endpoints": [route("PUT", "writable-column")]}
}
