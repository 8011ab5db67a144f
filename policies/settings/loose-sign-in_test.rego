package stageclear.settings.loose_sign_in_test

import data.stageclear.settings.loose_sign_in

setting(key, value) := {
	"dialect": "toml", "key": key, "value": {"kind": "literal", "value": value}, "context": "production",
	"location": {"path": "supabase/config.toml", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}

test_loose_ones_are_told if {
	count(loose_sign_in.warn) == 3 with input as {"settings": [
		setting("auth.enable_anonymous_sign_ins", true), setting("auth.additional_redirect_urls.0", "https://*"),
		setting("auth.jwt_expiry", 604800),
	]}
}

test_others_pass if {
	count(loose_sign_in.warn) == 0 with input as {"settings": [
		setting("auth.enable_anonymous_sign_ins", false), setting("auth.additional_redirect_urls.0", "https://app.example.com"),
		setting("auth.additional_redirect_urls.1", "http://localhost:*"), setting("auth.jwt_expiry", 3600),
	]}
}
