package stageclear.client.server_secret_in_browser_test

import data.stageclear.client.server_secret_in_browser

exposure(kind, name, credential) := {
	"kind": kind, "name": name, "credential": credential, "context": "production", "reached_from": "src/main.tsx",
	"location": {"path": "src/ask.ts", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}

found(exposures) := violations if {
	violations := server_secret_in_browser.deny with input as {"exposures": exposures}
}

test_keys_that_are_made_for_pages_pass if {
	count(found([exposure("public-variable", "NEXT_PUBLIC_AI_API_RECAPTCHA_SITE_KEY", "model-key")])) == 0
}

test_secrets_behind_a_public_prefix_are_denied if {
	violations := found([
		exposure("public-variable", "VITE_OPENAI_API_KEY", "model-key"),
		exposure("public-variable", "VITE_SUPABASE_SERVICE_ROLE_KEY", "service-role"),
		exposure("inlined-variable", "GEMINI_API_KEY", "model-key"),
		exposure("public-variable", "VITE_WEATHER_API_KEY", "api-key"),
	])
	{[violation.title, violation.severity] | some violation in violations} == {
		["VITE_OPENAI_API_KEY reaches the browser", "high"],
		["VITE_SUPABASE_SERVICE_ROLE_KEY reaches the browser", "critical"],
		["GEMINI_API_KEY reaches the browser", "high"],
		["VITE_WEATHER_API_KEY reaches the browser", "low"],
	}
	{violation.confidence | some violation in violations} == {"high"}
}

test_a_name_that_no_client_file_reads_is_less_sure if {
	some violation in found([object.union(exposure("public-variable", "NEXT_PUBLIC_JWT_SECRET", "signing-key"), {"reached_from": ""})])
	violation.confidence == "medium"
}

test_publishable_keys_addresses_and_tests_pass if {
	count(found([
		exposure("public-variable", "VITE_SUPABASE_ANON_KEY", "publishable"),
		exposure("public-variable", "VITE_API_URL", "none"),
		exposure("password-check", "password", "password"),
		object.union(exposure("public-variable", "VITE_OPENAI_API_KEY", "model-key"), {"context": "example"}),
	])) == 0
}
