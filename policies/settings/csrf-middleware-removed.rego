# METADATA
# scope: package
# title: CSRF protection is turned off
# description: >-
#   Django checks that forms come from its own pages in a middleware. Without it any website can submit forms in
#   the name of a visitor who is signed in.
# related_resources:
#   - https://docs.djangoproject.com/en/stable/howto/csrf/
# custom:
#   id: policy/settings/csrf-middleware-removed
#   severity: medium
#   cwe: [352]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.2, v5.0.0-3.5.1]
#   remedy: >-
#     add `django.middleware.csrf.CsrfViewMiddleware` to `MIDDLEWARE`
#   bad: |
#     MIDDLEWARE = [
#         "django.contrib.sessions.middleware.SessionMiddleware",
#     ]
#   good: |
#     MIDDLEWARE = [
#         "django.contrib.sessions.middleware.SessionMiddleware",
#         "django.middleware.csrf.CsrfViewMiddleware",
#     ]
package stageclear.settings.csrf_middleware_removed

import data.stageclear.lib

sessions := {
	"django.contrib.sessions.middleware.SessionMiddleware",
	"django.contrib.auth.middleware.AuthenticationMiddleware",
}

deny contains violation if {
	some setting in lib.effective_settings
	setting.key in {"MIDDLEWARE", "MIDDLEWARE_CLASSES"}
	lib.is_written(setting)
	is_array(setting.value.value)
	middleware := {name | some name in setting.value.value}
	count(middleware & sessions) > 0
	not checks_origin(middleware)
	violation := {
		"title": "Django's CSRF middleware is missing",
		"msg": sprintf("`%s` has sessions but not `CsrfViewMiddleware`", [setting.key]),
		"location": setting.location,
		"content": setting.key,
	}
}

deny contains violation if {
	some setting in lib.effective_settings
	setting.key in {"WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT"}
	lib.could_be_false(setting)
	violation := {
		"title": sprintf("%s=False in production", [setting.key]),
		"msg": sprintf("`%s` turns the CSRF protection of Flask-WTF off%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"remedy": "remove the setting, and exempt single views with `@csrf.exempt` where they need it",
		"content": setting.key,
	}
}

# Flask-JWT-Extended keeps its token in a cookie, and the token that forms would carry is off.
deny contains violation if {
	some setting in lib.effective_settings
	setting.key == "JWT_COOKIE_CSRF_PROTECT"
	lib.could_be_false(setting)
	in_cookies
	violation := {
		"title": sprintf("%s=False in production", [setting.key]),
		"msg": sprintf("the token is in a cookie, and `%s` turns its CSRF protection off%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"remedy": "remove the setting and send the `csrf_access_token` cookie back in `X-CSRF-TOKEN`, or take tokens from the header only",
		"content": setting.key,
	}
}

in_cookies if {
	some setting in lib.effective_settings
	setting.key == "JWT_TOKEN_LOCATION"
	contains(sprintf("%v", [setting.value]), "cookies")
}

checks_origin(middleware) if {
	some name in middleware
	contains(lower(sprintf("%v", [name])), "csrf")
}
