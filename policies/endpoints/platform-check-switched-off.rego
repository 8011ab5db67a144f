# METADATA
# scope: package
# title: Platform does not check the token
# description: >-
#   With `verify_jwt = false` the platform passes every request on to the function. A function that does not ask itself
#   who calls runs for everybody, with the rights of its keys. The check of the platform alone is a low fence, since the
#   public key of the app passes it; what a function does without asking is told by rules of its own.
# custom:
#   id: policy/endpoints/platform-check-switched-off
#   severity: low
#   cwe: [306, 862]
#   owasp: ["A01:2021", "A07:2021"]
#   asvs: [v4.0.3-4.1.1, v5.0.0-7.2.1, v5.0.0-8.3.1]
#   remedy: >-
#     remove the line, or check a user (`auth.getUser()`) or a signature in the function
#   bad: |
#     [functions.export]
#     verify_jwt = false
#   good: |
#     [functions.export]
#     verify_jwt = true
package stageclear.endpoints.platform_check_switched_off

import data.stageclear.lib

# Functions whose requests the platform passes on as they come.
off[name] := setting if {
	some setting in lib.production_settings
	parts := split(setting.key, ".")
	count(parts) == 3
	parts[0] == "functions"
	parts[2] == "verify_jwt"
	lib.could_be_false(setting)
	name := parts[1]
}

deny contains violation if {
	some name, setting in off
	some endpoint in lib.production_endpoints
	contains(lib.handled(endpoint).path, sprintf("functions/%s/", [name]))
	not lib.asks_who(endpoint)
	not lib.public_by_design(sprintf("/%s", [name]))
	violation := {
		"msg": sprintf("the function `%s` runs for everybody: neither the platform nor the function asks who calls", [name]),
		"location": setting.location,
		"severity": "low",
		"confidence": "high",
		"content": name,
		"related": [{"location": lib.handled(endpoint), "message": "the function"}],
	}
}
