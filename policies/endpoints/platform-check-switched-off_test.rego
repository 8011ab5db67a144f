package stageclear.endpoints.platform_check_switched_off_test

import data.stageclear.endpoints.platform_check_switched_off

at(path) := {"path": path, "line": 3, "column": 1, "end_line": 3, "end_column": 9}

setting(name, value) := {
	"dialect": "toml", "key": sprintf("functions.%s.verify_jwt", [name]), "value": {"kind": "literal", "value": value},
	"context": "production", "location": at("supabase/config.toml"),
}

endpoint(name, guards) := {
	"framework": "deno", "methods": ["ANY"], "path": sprintf("/functions/v1/%s", [name]), "handler": "serve", "guards": guards,
	"location": at(sprintf("supabase/functions/%s/index.ts", [name])), "context": "production", "middleware": [],
}

test_open_functions_are_told if {
	found := platform_check_switched_off.deny with input as {
		"settings": [setting("export", false)], "endpoints": [endpoint("export", [])],
	}
	[violation.severity | some violation in found] == ["low"]
}

test_checked_and_public_ones_pass if {
	guard := {"kind": "authentication", "name": "getUser", "location": at("a")}
	count(platform_check_switched_off.deny) == 0 with input as {
		"settings": [setting("export", false), setting("stripe-webhook", false), setting("list", true)],
		"endpoints": [endpoint("export", [guard]), endpoint("stripe-webhook", []), endpoint("list", [])],
	}
}
