# METADATA
# scope: package
# title: Sign-in of the platform is loose
# description: >-
#   `supabase/config.toml` says how users sign in and what addresses their tokens may be sent to. Strangers with an
#   anonymous session have the role `authenticated`; a redirect to any address hands tokens to whoever asks.
# custom:
#   id: policy/settings/loose-sign-in
#   severity: low
#   cwe: [287, 601]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-3.3.2, v4.0.3-5.1.5, v5.0.0-7.3.2, v5.0.0-10.4.1]
#   remedy: >-
#     name the addresses of the app, ask for twelve characters and a confirmed address, and leave anonymous sign-ins off
#   bad: |
#     additional_redirect_urls = ["https://*"]
#   good: |
#     additional_redirect_urls = ["https://app.example.com/welcome"]
package stageclear.settings.loose_sign_in

import data.stageclear.lib

platform := [setting |
	some setting in lib.production_settings
	regex.match(`(^|/)supabase/config\.toml$`, setting.location.path)
]

told(setting, what, severity) := {
	"msg": what,
	"location": setting.location,
	"severity": severity,
	"confidence": "medium",
	"content": setting.key,
}

warn contains told(setting, "anyone may have a session without an account, with the role `authenticated`", "low") if {
	some setting in platform
	setting.key == "auth.enable_anonymous_sign_ins"
	lib.could_be_true(setting)
}

# `http://localhost:*` is for developers.
warn contains told(setting, sprintf("tokens may be sent to any address that fits `%s`", [address]), "low") if {
	some setting in platform
	regex.match(`^auth\.(additional_redirect_urls(\.\d+)?|site_url)$`, setting.key)
	some address in lib.items(setting)
	regex.match(`^(https?://)?\*|^https?://\*\*?(/|$)`, address)
}

warn contains told(setting, "tokens are good for more than a day, however the account changes meanwhile", "low") if {
	some setting in platform
	setting.key == "auth.jwt_expiry"
	some value in lib.possible(setting)
	is_number(value)
	value > 86400
}
