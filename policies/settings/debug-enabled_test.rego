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

decided(value, key) := object.union(key, {
	"value": literal(value), "provenance": "`DEBUG` is set in compose.yml:5",
	"location": {"path": "compose.yml", "line": 5, "column": 9, "end_line": 5, "end_column": 20},
})

test_what_the_deployment_sets_counts if {
	off := object.union(setting("django", "DEBUG", environment("True")), {"effective": decided("False", {})})
	count(debug_enabled.deny) == 0 with input as facts([off])
	on := object.union(setting("django", "DEBUG", environment(false)), {"effective": decided("1", {})})
	variable := object.union(setting("compose", "services.web.environment.DEBUG", literal("1")), {"location": decided("1", {}).location})
	found := debug_enabled.deny with input as facts([on, variable])
	some violation in found
	violation.location.path == "compose.yml"
	contains(violation.msg, "is set in compose.yml:5")
	count(debug_enabled.warn) == 0 with input as facts([on, variable])
}

test_a_field_is_told_where_it_is_set if {
	field := setting("pydantic", "DEBUG", environment(true))
	use := object.union(setting("fastapi", "app.debug", {"kind": "named", "name": "settings.debug"}), {"effective": decided(true, {"key": "DEBUG"})})
	found := debug_enabled.deny with input as facts([field, use])
	{violation.content | some violation in found} == {"DEBUG"}
}

test_what_production_sets_again_passes if {
	base := object.union(setting("django", "DEBUG", literal(true)), {"effective": object.union(decided(false, {}), {"overridden": true})})
	count(debug_enabled.deny) == 0 with input as facts([base])
}
