package stageclear.settings.default_database_password_test

import data.stageclear.settings.default_database_password

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_well_known_passwords_are_denied if {
	found := default_database_password.deny with input as facts([
		setting("compose", "services.db.environment.POSTGRES_PASSWORD", literal("postgres")),
		object.union(setting("django", "DATABASES.default.PASSWORD", literal("pa****")), {"weak": true}),
		setting("dotenv", "DB_PASSWORD", literal("changeme")),
	])
	count(found) == 3
}

test_password_in_source_is_denied if {
	some violation in default_database_password.deny with input as facts([setting("django", "DATABASES.default.PASSWORD", literal("k8****"))])
	startswith(violation.title, "Database password written")
}

test_environment_passes if {
	count(default_database_password.deny) == 0 with input as facts([
		setting("django", "DATABASES.default.PASSWORD", {"kind": "environment", "name": "DB_PASSWORD"}),
		setting("compose", "services.db.environment.POSTGRES_PASSWORD", {"kind": "environment", "name": "DB_PASSWORD"}),
		setting("dotenv", "DB_PASSWORD", literal("k8****")),
		setting("django", "DATABASES.default.PASSWORD", literal("")),
	])
}
