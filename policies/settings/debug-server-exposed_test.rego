package stageclear.settings.debug_server_exposed_test

import data.stageclear.settings.debug_server_exposed

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_open_debugger_is_denied if {
	count(debug_server_exposed.deny) == 1 with input as facts([
		setting("flask", "app.run.debug", literal(true)),
		setting("flask", "app.run.host", literal("0.0.0.0")),
	])
}

test_local_or_without_debugger_passes if {
	count(debug_server_exposed.deny) == 0 with input as facts([
		setting("flask", "app.run.debug", literal(true)),
		setting("flask", "app.run.host", literal("127.0.0.1")),
	])
	count(debug_server_exposed.deny) == 0 with input as facts([
		setting("flask", "app.run.debug", literal(false)),
		setting("flask", "app.run.host", literal("0.0.0.0")),
	])
}
