# METADATA
# scope: package
# title: Signing key in the source
# description: >-
#   Whoever knows the key that signs sessions and tokens can sign in as anybody. A key in the source is known to
#   everyone who can read the repository, and a default is used silently when the environment lacks the variable.
# related_resources:
#   - https://docs.djangoproject.com/en/stable/ref/settings/#secret-key
# custom:
#   id: policy/settings/secret-key-literal
#   severity: high
#   cwe: [798, 321]
#   owasp: ["A02:2021", "A07:2021"]
#   asvs: [v4.0.3-2.10.4, v4.0.3-6.4.1, v5.0.0-13.3.1]
#   remedy: >-
#     read the key from the environment without a default, so that the program stops when it is missing, and replace
#     the key that was written down
#   bad: |
#     SECRET_KEY = os.environ.get("SECRET_KEY", "dev")
#   good: |
#     SECRET_KEY = os.environ["SECRET_KEY"]
package stageclear.settings.secret_key_literal

import data.stageclear.lib

keys := {
	"SECRET_KEY", "JWT_SECRET", "JWT_SECRET_KEY", "JWT_KEY", "JWT_SIGNING_KEY", "SESSION_SECRET", "SESSION_KEY", "COOKIE_SECRET",
	"TOKEN_SECRET", "ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET", "NEXTAUTH_SECRET", "AUTH_SECRET", "secret_key",
	"SIGNING_KEY", "jwtSecret", "secretKey", "sessionSecret",
}

paths := {"session.secret", "jwt.secret", "cookie.secret", "app.secret_key", "SIMPLE_JWT.SIGNING_KEY"}

is_key(setting) if setting.key in paths

is_key(setting) if lib.constant(setting) in keys

# `SECRET_KEY = "SECRET_KEY"`: the name of a setting among others.
names_itself(setting) if {
	contains(setting.key, "_")
	setting.value.value == setting.key
}

weak(setting) if object.get(setting, "weak", false) == true

deny contains violation if {
	some setting in lib.production_settings
	lib.in_code(setting)
	is_key(setting)
	lib.is_written(setting)
	lib.could_hold_text(setting)
	not names_itself(setting)
	violation := {
		"title": sprintf("Hard-coded %s", [setting.key]),
		"msg": sprintf("`%s` is written in the source%s", [setting.key, guessable(setting)]),
		"location": setting.location,
		"content": setting.key,
	}
}

deny contains violation if {
	some setting in lib.production_settings
	lib.in_code(setting)
	is_key(setting)
	not lib.is_written(setting)
	lib.could_hold_text(setting)
	violation := {
		"title": sprintf("%s has a default in the source", [setting.key]),
		"msg": sprintf("`%s` is a value from the source%s%s", [setting.key, lib.unless_set(setting), guessable(setting)]),
		"location": setting.location,
		"severity": default_severity(setting),
		"confidence": "medium",
		"content": setting.key,
	}
}

# A key in an environment file is where it belongs, unless anybody can guess it.
warn contains violation if {
	some setting in lib.production_settings
	not lib.in_code(setting)
	is_key(setting)
	weak(setting)
	lib.could_hold_text(setting)
	violation := {
		"title": sprintf("Guessable %s", [lib.leaf(setting.key)]),
		"msg": sprintf("`%s` has a placeholder or well-known value", [lib.leaf(setting.key)]),
		"location": setting.location,
		"severity": "medium",
		"confidence": "medium",
		"content": setting.key,
	}
}

guessable(setting) := " and easy to guess" if weak(setting)

guessable(setting) := "" if not weak(setting)

default_severity(setting) := "high" if weak(setting)

default_severity(setting) := "medium" if not weak(setting)
