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
#   asvs: [v4.0.3-14.5.3, v5.0.0-3.4.2]
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
	not told_there(setting)
	some wildcard in ["*", ".*", true, "reflected"]
	lib.could_hold(setting, wildcard)
}

open(setting) if {
	setting.key in {"cors.origin_regex", "CORS_ORIGIN_REGEX", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ALLOW_ORIGIN_REGEX"}
	not told_there(setting)
	some pattern in lib.items(setting)
	is_string(pattern)
	trim(pattern, "^$/") in {".*", ".+", "https?://.*", "https?://.+", "http.*", "https://.*", "https://.+", "http://.*", "(.*)"}
}

# A field of a settings object is told where it is used.
used contains upper(lib.leaf(setting.meant)) if {
	some setting in lib.effective_settings
	setting.key in {"cors.origins", "cors.origin", "cors.origin_regex"}
	setting.meant != ""
}

told_there(setting) if {
	upper(lib.leaf(setting.key)) in used
	not startswith(setting.key, "cors.")
}

# Files that allow credentials: the browser then sends cookies along.
with_credentials := {setting.location.path |
	some setting in lib.effective_settings
	setting.key in {"CORS_ALLOW_CREDENTIALS", "cors.credentials", "CORS_SUPPORTS_CREDENTIALS"}
	lib.could_be_true(setting)
}

# Answers the caller's own origin, which browsers accept together with credentials; a plain `*` they refuse.
reflects(setting) if setting.dialect in {"django", "flask", "fastapi"}

reflects(setting) if {
	some value in [true, "reflected"]
	lib.could_hold(setting, value)
}

reflects(setting) if endswith(lower(setting.key), "regex")

reflects(setting) if endswith(lower(setting.key), "regexes")

credentialed(setting) if {
	setting.location.path in with_credentials
	reflects(setting)
	not sprintf("%s:%d", [setting.location.path, setting.location.line]) in without_credentials
}

# Where the same call says that there are none: other calls of the file may allow them.
without_credentials contains place if {
	some setting in lib.effective_settings
	setting.key == "cors.credentials"
	not lib.could_be_true(setting)
	some off in numbers.range(-3, 3)
	place := sprintf("%s:%d", [setting.location.path, setting.location.line + off])
}

deny contains violation if {
	some setting in lib.effective_settings
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

# Every customer of a hosting service has such a name.
hosted := `\.[*+].*(vercel\\?\.app|netlify\\?\.app|herokuapp\\?\.com|onrender\\?\.com|github\\?\.io|pages\\?\.dev|workers\\?\.dev|fly\\?\.dev|railway\\?\.app|web\\?\.app|firebaseapp\\?\.com|azurewebsites\\?\.net|lovable\\?\.app|replit\\?\.app)\$?$`

deny contains violation if {
	some setting in lib.effective_settings
	endswith(lower(setting.key), "origin_regex")
	not told_there(setting)
	some pattern in lib.items(setting)
	is_string(pattern)
	regex.match(hosted, pattern)
	setting.location.path in with_credentials
	violation := {
		"title": "CORS allows every site of a hosting service",
		"msg": sprintf("`%s` lets everybody who has a site there make requests with the visitor's credentials", [setting.key]),
		"location": setting.location,
		"severity": "medium",
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

warn contains violation if {
	some setting in lib.effective_settings
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
