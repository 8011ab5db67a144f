# METADATA
# scope: package
# title: Untrustworthy origin may send forms
# description: >-
#   Requests from the origins in CSRF_TRUSTED_ORIGINS pass the cross-site check. A wildcard or a plain HTTP origin
#   lets others in.
# related_resources:
#   - https://docs.djangoproject.com/en/stable/ref/settings/#csrf-trusted-origins
# custom:
#   id: policy/settings/csrf-trusted-origins
#   severity: medium
#   cwe: [352, 346]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.2, v5.0.0-3.5.1]
#   remedy: >-
#     list full `https://` origins without wildcards over foreign names
#   bad: |
#     CSRF_TRUSTED_ORIGINS = ["https://*"]
#   good: |
#     CSRF_TRUSTED_ORIGINS = ["https://shop.example"]
package stageclear.settings.csrf_trusted_origins

import data.stageclear.lib

local := `^http://(localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(:\d+)?$`

fault(origin) := "accepts every site" if origin in {"*", "https://*", "http://*"}

fault(origin) := "is not encrypted, so that anyone on the way can send forms" if {
	startswith(origin, "http://")
	origin != "http://*"
	not regex.match(local, origin)
}

deny contains violation if {
	some setting in lib.effective_settings
	setting.key in {"CSRF_TRUSTED_ORIGINS", "WTF_CSRF_TRUSTED_HOSTS"}
	some origin in lib.items(setting)
	is_string(origin)
	reason := fault(origin)
	violation := {
		"title": sprintf("CSRF_TRUSTED_ORIGINS holds %s", [origin]),
		"msg": sprintf("the trusted origin `%s` %s%s", [origin, reason, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": sprintf("%s %s", [setting.key, origin]),
	}
}
