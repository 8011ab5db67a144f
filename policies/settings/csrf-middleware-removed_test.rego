package stageclear.settings.csrf_middleware_removed_test

import data.stageclear.settings.csrf_middleware_removed

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

session := "django.contrib.sessions.middleware.SessionMiddleware"

test_sessions_without_csrf_is_denied if {
	count(csrf_middleware_removed.deny) == 1 with input as facts([setting("django", "MIDDLEWARE", literal([session]))])
}

test_flask_wtf_turned_off_is_denied if {
	count(csrf_middleware_removed.deny) == 1 with input as facts([setting("flask", "WTF_CSRF_ENABLED", literal(false))])
	count(csrf_middleware_removed.deny) == 0 with input as facts([setting("flask", "WTF_CSRF_ENABLED", literal(true))])
}

test_with_csrf_or_without_sessions_passes if {
	count(csrf_middleware_removed.deny) == 0 with input as facts([
		setting("django", "MIDDLEWARE", literal([session, "django.middleware.csrf.CsrfViewMiddleware"])),
		setting("django", "MIDDLEWARE", literal(["django.middleware.common.CommonMiddleware"])),
		setting("django", "MIDDLEWARE", {"kind": "unknown"}),
	])
}

test_a_token_in_a_cookie_without_csrf_is_denied if {
	count(csrf_middleware_removed.deny) == 1 with input as facts([
		setting("flask", "JWT_COOKIE_CSRF_PROTECT", literal(false)),
		setting("flask", "JWT_TOKEN_LOCATION", literal(["cookies", "headers"])),
	])
	count(csrf_middleware_removed.deny) == 0 with input as facts([
		setting("flask", "JWT_COOKIE_CSRF_PROTECT", literal(false)),
		setting("flask", "JWT_TOKEN_LOCATION", literal(["headers"])),
	])
}
