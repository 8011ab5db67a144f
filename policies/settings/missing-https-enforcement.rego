# METADATA
# scope: package
# title: HTTPS is not enforced
# description: >-
#   Without a redirect to HTTPS and without Strict-Transport-Security a visitor's first request goes over plain
#   HTTP, where it can be read and changed.
# related_resources:
#   - https://docs.djangoproject.com/en/stable/topics/security/#ssl-https
# custom:
#   id: policy/settings/missing-https-enforcement
#   severity: info
#   cwe: [319, 523]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-9.1.1, v4.0.3-14.4.5, v5.0.0-3.4.1, v5.0.0-12.2.1]
#   remedy: >-
#     set `SECURE_SSL_REDIRECT = True` and `SECURE_HSTS_SECONDS` in the production settings, unless the proxy in
#     front does both
#   bad: |
#     SECURE_SSL_REDIRECT = False
#   good: |
#     SECURE_SSL_REDIRECT = True
#     SECURE_HSTS_SECONDS = 31536000
package stageclear.settings.missing_https_enforcement

import data.stageclear.lib

warn contains violation if {
	some setting in lib.effective_settings
	setting.key in {"SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"}
	lib.could_be_false(setting)
	violation := {
		"title": sprintf("%s is off", [setting.key]),
		"msg": sprintf("`%s` is off%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"severity": "low",
		"confidence": "medium",
		"content": setting.key,
	}
}

django := [setting |
	some setting in lib.effective_settings
	setting.dialect == "django"
]

django_keys := {setting.key | some setting in django}

# The settings modules of a project complete one another, so absence is judged over all of them, at one place.
anchors := sort([[setting.location.path, setting.location.line, setting.location] |
	some setting in django
	setting.key in {"MIDDLEWARE", "ROOT_URLCONF", "INSTALLED_APPS"}
])

warn contains violation if {
	location := anchors[0][2]
	missing := [key |
		some key in ["SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"]
		not key in django_keys
	]
	count(missing) > 0
	violation := {
		"title": "Consider enforcing HTTPS",
		"msg": sprintf("no production settings module sets `%s`", [concat("` or `", missing)]),
		"location": location,
		"confidence": "medium",
		"content": "absent",
	}
}
