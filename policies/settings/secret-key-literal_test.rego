package stageclear.settings.secret_key_literal_test

import data.stageclear.settings.secret_key_literal

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

marked(setting, marks) := object.union(setting, marks)

test_literal_is_denied if {
	found := secret_key_literal.deny with input as facts([setting("django", "SECRET_KEY", literal("djan****"))])
	{violation.title | some violation in found} == {"Hard-coded SECRET_KEY"}
}

test_the_name_of_a_setting_is_no_key if {
	count(secret_key_literal.deny) == 0 with input as facts([setting("python", "SECRET_KEY", literal("SECRET_KEY"))])
}

test_weak_literal_says_so if {
	some violation in secret_key_literal.deny with input as facts([marked(setting("express", "session.secret", literal("key****")), {"weak": true})])
	contains(violation.msg, "easy to guess")
}

test_default_is_medium_and_weak_default_high if {
	key := setting("flask", "JWT_SECRET_KEY", environment("abc****"))
	strong := secret_key_literal.deny with input as facts([key])
	{violation.severity | some violation in strong} == {"medium"}
	weak := secret_key_literal.deny with input as facts([marked(key, {"weak": true})])
	{violation.severity | some violation in weak} == {"high"}
}

test_weak_key_in_environment_file if {
	count(secret_key_literal.warn) == 1 with input as facts([marked(setting("dotenv", "SECRET_KEY", literal("chan****")), {"weak": true})])
}

test_environment_passes if {
	compliant := facts([
		setting("django", "SECRET_KEY", {"kind": "environment", "name": "SECRET_KEY"}),
		setting("django", "SECRET_KEY", environment("")),
		setting("dotenv", "SECRET_KEY", literal("x7Kq****")),
		setting("django", "SECRET_KEY", {"kind": "unknown"}),
		setting("django", "SECRET_KEY_FILE", literal("/run/secret")),
	])
	count(secret_key_literal.deny) == 0 with input as compliant
	count(secret_key_literal.warn) == 0 with input as compliant
}
