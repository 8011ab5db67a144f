# METADATA
# scope: package
# title: Any website may call the API
# description: >-
#   A cross-origin policy that allows every origin lets any website read the answers in a visitor's browser; with
#   credentials it does so in the visitor's name.
# related_resources:
#   - https://developer.mozilla.org/docs/Web/HTTP/CORS
# custom:
#   id: policy/settings/wildcard-cors
#   severity: medium
#   cwe: [942]
#   owasp: ["A05:2021", "A01:2021"]
#   remedy: >-
#     list the origins that need access, and allow credentials only for those
#   bad: |
#     allow_origins=["*"], allow_credentials=True
#   good: |
#     allow_origins=["https://shop.example"]
package stageclear.settings.wildcard_cors

import data.stageclear.lib

switches := {"CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"}

lists := {"cors.origins", "cors.origin", "CORS_ALLOWED_ORIGINS", "CORS_ORIGINS", "CORS_ORIGIN_WHITELIST"}

open(setting) if {
	setting.key in switches
	lib.could_be_true(setting)
}

open(setting) if {
	setting.key in lists
	some wildcard in ["*", ".*", true]
	lib.could_hold(setting, wildcard)
}

# Files that allow credentials: the browser then sends cookies along.
with_credentials := {setting.location.path |
	some setting in lib.production_settings
	setting.key in {"CORS_ALLOW_CREDENTIALS", "cors.credentials", "CORS_SUPPORTS_CREDENTIALS"}
	lib.could_be_true(setting)
}

# Answers the caller's own origin, which browsers accept together with credentials; a plain `*` they refuse.
reflects(setting) if setting.dialect in {"django", "flask", "fastapi"}

reflects(setting) if lib.could_hold(setting, true)

credentialed(setting) if {
	setting.location.path in with_credentials
	reflects(setting)
}

deny contains violation if {
	some setting in lib.production_settings
	open(setting)
	credentialed(setting)
	violation := {
		"title": "CORS allows any origin with credentials",
		"msg": sprintf("`%s` lets every website make requests with the visitor's cookies and read the answers%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"severity": "high",
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

warn contains violation if {
	some setting in lib.production_settings
	open(setting)
	not credentialed(setting)
	violation := {
		"title": "CORS allows any origin",
		"msg": sprintf("`%s` lets every website read the answers%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}
