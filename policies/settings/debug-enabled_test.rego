package stageclear.settings.debug_enabled_test

import data.stageclear.settings.debug_enabled

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_literal_true_is_denied if {
	found := debug_enabled.deny with input as facts([setting("django", "DEBUG", literal(true))])
	some violation in found
	count(found) == 1
	violation.title == "DEBUG=True in production"
	violation.location.line == 3
	violation.confidence == "high"
}

test_default_of_the_environment_counts_less if {
	found := debug_enabled.deny with input as facts([setting("django", "DEBUG", environment("True"))])
	some violation in found
	violation.confidence == "medium"
	contains(violation.msg, "unless `VARIABLE` is set")
}

test_flask_run_is_denied if {
	count(debug_enabled.deny) == 1 with input as facts([setting("flask", "app.run.debug", literal(true))])
}

test_environment_files_are_low if {
	found := debug_enabled.warn with input as facts([
		setting("dotenv", "FLASK_DEBUG", literal("1")),
		setting("compose", "services.web.environment.FLASK_ENV", literal("development")),
	])
	{violation.title | some violation in found} == {"FLASK_DEBUG=1 in production", "FLASK_ENV=development in production"}
	{violation.severity | some violation in found} == {"low"}
}

test_settings_classes_are_denied if {
	count(debug_enabled.deny) == 1 with input as facts([setting("pydantic", "Settings.debug", environment(true))])
	count(debug_enabled.warn) == 0 with input as facts([setting("yaml", "logging.debug", literal(true))])
}

test_off_unset_and_unknown_pass if {
	compliant := facts([
		setting("django", "DEBUG", literal(false)),
		setting("django", "DEBUG", environment("")),
		setting("django", "DEBUG", {"kind": "environment", "name": "DEBUG"}),
		setting("django", "DEBUG", {"kind": "unknown"}),
		setting("django", "DEBUG_PROPAGATE_EXCEPTIONS", literal(true)),
		setting("dotenv", "NODE_ENV", literal("production")),
	])
	count(debug_enabled.deny) == 0 with input as compliant
	count(debug_enabled.warn) == 0 with input as compliant
}

test_development_settings_pass if {
	local := object.union(setting("django", "DEBUG", literal(true)), {"context": "development"})
	count(debug_enabled.deny) == 0 with input as facts([local])
}
