package stageclear.settings.wildcard_cors_test

import data.stageclear.settings.wildcard_cors

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_wildcard_is_medium if {
	found := wildcard_cors.warn with input as facts([setting("fastapi", "cors.origins", literal(["*"]))])
	{violation.title | some violation in found} == {"CORS allows any origin"}
}

test_wildcard_with_credentials_is_high if {
	facts_with := facts([setting("fastapi", "cors.origins", literal(["*"])), setting("fastapi", "cors.credentials", literal(true))])
	{violation.severity | some violation in wildcard_cors.deny} == {"high"} with input as facts_with
	count(wildcard_cors.warn) == 0 with input as facts_with
}

test_what_the_call_itself_says_of_credentials_counts if {
	elsewhere := object.union(setting("fastapi", "cors.credentials", literal(true)), {"location": at(30)})
	facts_with := facts([setting("fastapi", "cors.origins", literal(["*"])), setting("fastapi", "cors.credentials", literal(false)), elsewhere])
	count(wildcard_cors.deny) == 0 with input as facts_with
	count(wildcard_cors.warn) == 1 with input as facts_with
}

test_reflected_origin_in_express_is_high if {
	count(wildcard_cors.deny) == 1 with input as facts([
		setting("express", "cors.origins", literal(true)),
		setting("express", "cors.credentials", literal(true)),
	])
}

test_plain_star_in_express_is_not_sent_cookies if {
	star := facts([setting("express", "cors.origins", literal("*")), setting("express", "cors.credentials", literal(true))])
	count(wildcard_cors.deny) == 0 with input as star
	count(wildcard_cors.warn) == 1 with input as star
}

test_django_switch if {
	count(wildcard_cors.warn) == 1 with input as facts([setting("django", "CORS_ALLOW_ALL_ORIGINS", literal(true))])
}

test_listed_origins_pass if {
	compliant := facts([
		setting("fastapi", "cors.origins", literal(["https://shop.example"])),
		setting("fastapi", "cors.credentials", literal(true)),
		setting("django", "CORS_ALLOW_ALL_ORIGINS", literal(false)),
	])
	count(wildcard_cors.deny) == 0 with input as compliant
	count(wildcard_cors.warn) == 0 with input as compliant
}

test_patterns_and_reflection_with_credentials_are_denied if {
	credentials := setting("express", "cors.credentials", literal(true))
	reflected := setting("express", "cors.origins", literal("reflected"))
	count(wildcard_cors.deny) == 1 with input as facts([credentials, reflected])
	pattern := setting("fastapi", "cors.origin_regex", literal("^https?://.*$"))
	count(wildcard_cors.deny) == 1 with input as facts([pattern, setting("fastapi", "cors.credentials", literal(true))])
	narrow := setting("fastapi", "cors.origin_regex", literal(`https://.*\.shop\.example`))
	count(wildcard_cors.warn) == 0 with input as facts([narrow])
}

test_a_settings_field_is_told_where_it_is_used if {
	field := setting("pydantic", "CORS_ORIGINS", literal(["*"]))
	effective := {"value": literal(["*"]), "provenance": "`settings.CORS_ORIGINS` comes from config.py:3", "location": field.location, "key": "CORS_ORIGINS"}
	use := object.union(setting("fastapi", "cors.origins", {"kind": "named", "name": "settings.CORS_ORIGINS"}), {"effective": effective})
	found := wildcard_cors.warn with input as facts([field, use])
	{violation.content | some violation in found} == {"cors.origins"}
}

test_every_site_of_a_hosting_service if {
	every_site := setting("fastapi", "cors.origin_regex", literal(`https://.*\.vercel\.app`))
	{violation.severity | some violation in wildcard_cors.deny} == {"medium"} with input as facts([every_site, setting("fastapi", "cors.credentials", literal(true))])
	count(wildcard_cors.deny) == 0 with input as facts([every_site])
	own := setting("fastapi", "cors.origin_regex", literal(`https://.*\.example\.org`))
	count(wildcard_cors.deny) == 0 with input as facts([own, setting("fastapi", "cors.credentials", literal(true))])
}
