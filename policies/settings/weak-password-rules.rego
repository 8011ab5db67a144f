# METADATA
# scope: package
# title: Short passwords are accepted
# description: >-
#   Passwords of fewer than eight letters are tried out within hours when a table of hashes is lost, and within days at the
#   sign-in form.
# custom:
#   id: policy/settings/weak-password-rules
#   severity: low
#   cwe: [521]
#   owasp: ["A07:2021"]
#   asvs: [v4.0.3-2.1.1, v4.0.3-2.1.7, v5.0.0-6.2.1, v5.0.0-6.2.4]
#   parameters:
#     minimum_password_length:
#       default: 8
#       tighter: higher
#       description: characters that a password must have at least
#   remedy: >-
#     ask for at least eight letters, better twelve, and refuse the passwords that everybody uses
#   bad: |
#     if len(password) < 6:
#         raise ValueError("too short")
#   good: |
#     if len(password) < 12:
#         raise ValueError("too short")
package stageclear.settings.weak_password_rules

import data.stageclear.lib

# The shortest of a file.
least := lib.grouped({[setting.location.path, [setting.value.value, setting.location.line, setting.location]] |
	some setting in lib.production_settings
	setting.key == "password.min_length"
	is_number(setting.value.value)
	setting.value.value < lib.parameter("minimum_password_length", 8)
	setting.value.value > 1
})

warn contains violation if {
	some path, found in least
	first := sort(found)[0]
	violation := {
		"title": sprintf("Passwords of %d letters are accepted", [first[0]]),
		"msg": sprintf("the least length of a password is %d", [first[0]]),
		"location": first[2],
		"confidence": "medium",
		"content": "password.min_length",
	}
}

warn contains violation if {
	some setting in lib.effective_settings
	setting.key == "AUTH_PASSWORD_VALIDATORS"
	lib.could_be(setting, [])
	violation := {
		"title": "No rules for passwords",
		"msg": "`AUTH_PASSWORD_VALIDATORS` is empty, so that any password will do",
		"location": setting.location,
		"severity": "medium",
		"content": setting.key,
	}
}
