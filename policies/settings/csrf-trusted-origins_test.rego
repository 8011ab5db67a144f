package stageclear.settings.csrf_trusted_origins_test

import data.stageclear.settings.csrf_trusted_origins

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_wildcards_and_plain_http_are_denied if {
	found := csrf_trusted_origins.deny with input as facts([setting("django", "CSRF_TRUSTED_ORIGINS", literal(["https://*", "http://shop.example"]))])
	count(found) == 2
}

test_https_and_local_origins_pass if {
	count(csrf_trusted_origins.deny) == 0 with input as facts([
		setting("django", "CSRF_TRUSTED_ORIGINS", literal(["https://shop.example", "https://*.shop.example", "http://localhost:8000"])),
		setting("django", "CSRF_TRUSTED_ORIGINS", environment("")),
	])
}
