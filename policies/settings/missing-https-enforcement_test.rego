package stageclear.settings.missing_https_enforcement_test

import data.stageclear.settings.missing_https_enforcement

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_explicit_off_is_low if {
	some violation in missing_https_enforcement.warn with input as facts([setting("django", "SECURE_SSL_REDIRECT", literal(false))])
	violation.severity == "low"
}

test_absence_is_info_once if {
	found := missing_https_enforcement.warn with input as facts([
		setting("django", "MIDDLEWARE", literal([])),
		setting("django", "ROOT_URLCONF", literal("shop.urls")),
	])
	{violation.title | some violation in found} == {"Consider enforcing HTTPS"}
}

test_set_or_no_django_passes if {
	count(missing_https_enforcement.warn) == 0 with input as facts([
		setting("django", "MIDDLEWARE", literal([])),
		setting("django", "SECURE_SSL_REDIRECT", literal(true)),
		setting("django", "SECURE_HSTS_SECONDS", literal(3600)),
	])
	count(missing_https_enforcement.warn) == 0 with input as facts([setting("flask", "DEBUG", literal(false))])
	count(missing_https_enforcement.warn) == 0 with input as facts([])
}
