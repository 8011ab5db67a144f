package stageclear.settings.missing_security_headers_test

import data.stageclear.settings.missing_security_headers

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

facts(settings) := {"settings": settings}

test_an_app_without_headers_is_told_once if {
	found := missing_security_headers.warn with input as facts([
		setting("python", "app", literal("flask")),
		object.union(setting("python", "app", literal("flask")), {"location": at(9)}),
	])
	{violation.location.line | some violation in found} == {3}
}

test_headers_from_anywhere_pass if {
	app := setting("express", "app", literal("express"))
	count(missing_security_headers.warn) == 0 with input as facts([app, setting("express", "helmet", literal(true))])
	count(missing_security_headers.warn) == 0 with input as facts([app, setting("python", "headers.x-frame-options", literal("DENY"))])
	count(missing_security_headers.warn) == 0 with input as facts([app, setting("json", "headers.0.headers.0.key", literal("X-Frame-Options"))])
	count(missing_security_headers.warn) == 0 with input as facts([])
}
