# METADATA
# scope: package
# title: Access tokens live for months
# description: >-
#   A token that was stolen can be used until it ends. An access token that lives for more than a month is as good as a
#   password that nobody can change.
# custom:
#   id: policy/settings/long-token-lifetime
#   severity: low
#   cwe: [613]
#   owasp: ["A07:2021"]
#   asvs: [v4.0.3-3.3.2, v5.0.0-7.3.2]
#   parameters:
#     maximum_token_days:
#       default: 31
#       tighter: lower
#       description: days that an access token may be valid
#   remedy: >-
#     let access tokens end within the hour, and renew them with a refresh token that can be revoked
#   bad: |
#     ACCESS_TOKEN_EXPIRE_MINUTES = 525600
#   good: |
#     ACCESS_TOKEN_EXPIRE_MINUTES = 30
package stageclear.settings.long_token_lifetime

import data.stageclear.lib

seconds := {"MINUTES": 60, "HOURS": 3600, "DAYS": 86400, "SECONDS": 1}

longest := lib.parameter("maximum_token_days", 31) * 86400

is_lifetime(key) if {
	regex.match(`(ACCESS_?TOKEN|JWT|SESSION_TOKEN|AUTH_TOKEN|^TOKEN)`, key)
	regex.match(`(EXPIR|LIFETIME|TTL|MAX_?AGE)`, key)
	not contains(key, "REFRESH")
}

lifetime(setting, key) := number * seconds[unit] if {
	some number in lib.possible(setting)
	is_number(number)
	some unit, _ in seconds
	contains(key, unit)
}

lifetime(setting, _) := to_number(trim_right(text, "d")) * 86400 if {
	some text in lib.possible(setting)
	is_string(text)
	regex.match(`^[0-9]{1,5}d$`, text)
}

lifetime(setting, _) := to_number(trim_right(text, "y")) * 31536000 if {
	some text in lib.possible(setting)
	is_string(text)
	regex.match(`^[0-9]{1,3}y$`, text)
}

warn contains violation if {
	some setting in lib.effective_settings
	key := upper(lib.leaf(setting.key))
	is_lifetime(key)
	long := lifetime(setting, key)
	long > longest
	violation := {
		"title": sprintf("%s is %d days", [lib.leaf(setting.key), floor(long / 86400)]),
		"msg": sprintf("a stolen token can be used for %d days%s", [floor(long / 86400), lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": "medium",
		"content": setting.key,
	}
}
