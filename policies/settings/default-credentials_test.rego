package stageclear.settings.default_credentials_test

import data.stageclear.settings.default_credentials

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

facts(settings) := {"settings": settings}

test_a_written_password_is_denied if {
	found := default_credentials.deny with input as facts([object.union(setting("python", "user.password", literal("…(8)")), {"weak": true, "secret": true})])
	some violation in found
	violation.severity == "high"
	contains(violation.msg, "easy to guess")
}

test_scripts_weigh_less_and_tests_pass if {
	script := object.union(setting("express", "user.password", literal("…(8)")), {"context": "development"})
	found := default_credentials.deny with input as facts([script])
	{violation.severity | some violation in found} == {"medium"}
	count(default_credentials.deny) == 0 with input as facts([
		object.union(setting("python", "user.password", literal("…(8)")), {"context": "test"}),
		setting("python", "DB_PASSWORD", literal("…(8)")),
	])
}

test_an_accepted_password_is_denied if {
	found := default_credentials.deny with input as facts([setting("express", "accepted.password", literal("…(8)"))])
	{violation.title | some violation in found} == {"Password from the source is accepted"}
}

seeded(hashed) := {"databases": [{"seeded_passwords": [{"table": "public.users", "column": "password_hash", "hashed": hashed, "location": at(7)}]}]}

test_hashes_of_administrators_in_seeds_are_denied if {
	{violation.severity | some violation in default_credentials.deny} == {"medium"} with input as seeded(true)
	count(default_credentials.deny) == 0 with input as seeded(false)
}
