package stageclear.settings.weak_password_rules_test

import data.stageclear.settings.weak_password_rules

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

facts(settings) := {"settings": settings}

test_short_passwords_are_told_once_a_file if {
	found := weak_password_rules.warn with input as facts([
		setting("python", "password.min_length", literal(6)),
		object.union(setting("python", "password.min_length", literal(4)), {"location": at(9)}),
	])
	{violation.location.line | some violation in found} == {9}
}

test_an_empty_list_of_rules_is_told if {
	count(weak_password_rules.warn) == 1 with input as facts([setting("django", "AUTH_PASSWORD_VALIDATORS", literal([]))])
}

test_long_passwords_pass if {
	count(weak_password_rules.warn) == 0 with input as facts([
		setting("python", "password.min_length", literal(8)),
		setting("python", "password.min_length", literal(1)),
		setting("django", "AUTH_PASSWORD_VALIDATORS.0.NAME", literal("django.contrib.auth.password_validation.MinimumLengthValidator")),
	])
}
