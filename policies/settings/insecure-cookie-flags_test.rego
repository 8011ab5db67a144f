package stageclear.settings.insecure_cookie_flags_test

import data.stageclear.settings.insecure_cookie_flags

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_explicit_false_is_denied if {
	found := insecure_cookie_flags.deny with input as facts([
		setting("django", "SESSION_COOKIE_SECURE", literal(false)),
		setting("express", "session.cookie.httpOnly", literal(false)),
	])
	{violation.title | some violation in found} == {
		"SESSION_COOKIE_SECURE=False in production",
		"session.cookie.httpOnly=false in production",
	}
}

test_one_of_a_pair_is_low if {
	found := insecure_cookie_flags.warn with input as facts([setting("django", "SESSION_COOKIE_SECURE", literal(true))])
	{violation.title | some violation in found} == {"CSRF_COOKIE_SECURE is not set"}
}

test_both_on_or_both_absent_pass if {
	both := facts([
		setting("django", "SESSION_COOKIE_SECURE", literal(true)),
		setting("django", "CSRF_COOKIE_SECURE", literal(true)),
		setting("express", "session.cookie.secure", literal("auto")),
	])
	count(insecure_cookie_flags.deny) == 0 with input as both
	count(insecure_cookie_flags.warn) == 0 with input as both
	count(insecure_cookie_flags.warn) == 0 with input as facts([setting("django", "DEBUG", literal(false))])
}
