package stageclear.settings.long_token_lifetime_test

import data.stageclear.settings.long_token_lifetime

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

facts(settings) := {"settings": settings}

test_months_are_told if {
	found := long_token_lifetime.warn with input as facts([
		setting("pydantic", "ACCESS_TOKEN_EXPIRE_MINUTES", literal(525600)),
		setting("dotenv", "JWT_EXPIRES_IN", literal("90d")),
	])
	{violation.title | some violation in found} == {"ACCESS_TOKEN_EXPIRE_MINUTES is 365 days", "JWT_EXPIRES_IN is 90 days"}
}

test_hours_and_refresh_tokens_pass if {
	count(long_token_lifetime.warn) == 0 with input as facts([
		setting("pydantic", "ACCESS_TOKEN_EXPIRE_MINUTES", literal(30)),
		setting("pydantic", "REFRESH_TOKEN_EXPIRE_DAYS", literal(90)),
		setting("dotenv", "JWT_EXPIRES_IN", literal("7d")),
		setting("dotenv", "CACHE_TTL_DAYS", literal(365)),
	])
}
