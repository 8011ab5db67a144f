# METADATA
# scope: package
# title: Session cookie without protection
# description: >-
#   Without `Secure` a session cookie travels over plain HTTP where others can read it; without `HttpOnly`
#   injected scripts can read it.
# related_resources:
#   - https://developer.mozilla.org/docs/Web/HTTP/Cookies#security
# custom:
#   id: policy/settings/insecure-cookie-flags
#   severity: medium
#   cwe: [614, 1004]
#   owasp: ["A05:2021", "A07:2021"]
#   asvs: [v4.0.3-3.4.1, v4.0.3-3.4.2, v4.0.3-3.4.3, v5.0.0-3.3.1, v5.0.0-3.3.2, v5.0.0-3.3.4]
#   remedy: >-
#     set the flag to true in production
#   bad: |
#     SESSION_COOKIE_SECURE = False
#   good: |
#     SESSION_COOKIE_SECURE = True
package stageclear.settings.insecure_cookie_flags

import data.stageclear.lib

flags := {
	"SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "REMEMBER_COOKIE_SECURE", "REMEMBER_COOKIE_HTTPONLY",
	"JWT_COOKIE_SECURE", "session.cookie.secure", "session.cookie.httpOnly", "cookie.secure", "cookie.httpOnly",
	"session.https_only", "JWT_COOKIE_HTTPONLY", "SESSION_HTTPS_ONLY",
}

deny contains violation if {
	some setting in lib.effective_settings
	setting.key in flags
	lib.could_be_false(setting)
	violation := {
		"title": sprintf("%s=%s in production", [setting.key, off(setting)]),
		"msg": sprintf("`%s` is off%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"severity": weight(setting),
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

# What nobody wrote weighs less: a proxy may do without it.
weight(setting) := "low" if startswith(object.get(setting, "provenance", ""), "default of `")

weight(setting) := "medium" if not startswith(object.get(setting, "provenance", ""), "default of `")

# Sent with every request of other sites, and in clear.
warn contains violation if {
	some setting in lib.effective_settings
	setting.key in {"SESSION_COOKIE_SAMESITE", "session.cookie.sameSite", "session.same_site", "CSRF_COOKIE_SAMESITE", "cookie.sameSite"}
	some value in lib.possible(setting)
	lower(sprintf("%v", [value])) == "none"
	is_string(value)
	violation := {
		"title": sprintf("%s=None in production", [setting.key]),
		"msg": sprintf("`%s` sends the cookie with requests that other sites make%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"severity": "low",
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

off(setting) := "False" if python(setting)

off(setting) := "false" if not python(setting)

python(setting) if setting.dialect in {"django", "flask", "fastapi", "pydantic", "python"}

# A project that protects one of Django's two cookies has meant to protect the other.
pair := {"SESSION_COOKIE_SECURE": "CSRF_COOKIE_SECURE", "CSRF_COOKIE_SECURE": "SESSION_COOKIE_SECURE"}

django_keys := {setting.key |
	some setting in lib.effective_settings
	setting.dialect == "django"
}

warn contains violation if {
	some setting in lib.effective_settings
	setting.dialect == "django"
	missing := pair[setting.key]
	not missing in django_keys
	lib.could_be_true(setting)
	violation := {
		"title": sprintf("%s is not set", [missing]),
		"msg": sprintf("`%s` is on but `%s` keeps its default, which is off", [setting.key, missing]),
		"location": setting.location,
		"severity": "low",
		"content": missing,
	}
}
