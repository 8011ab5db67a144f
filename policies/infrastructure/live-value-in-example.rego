# METADATA
# scope: package
# title: Example of an environment file holds a live-looking secret
# description: >-
#   `.env.example` is committed on purpose. A real value in it is published with the repository, and is copied
#   unchanged into production by whoever follows the instructions.
# custom:
#   id: policy/infrastructure/live-value-in-example
#   severity: medium
#   cwe: [798, 540]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     write a placeholder, or leave the value empty, and replace the secret that was written there
#   bad: |
#     SESSION_SECRET=9f2c4e71b0a84d53...
#   good: |
#     SESSION_SECRET=
#     # openssl rand -hex 32
package stageclear.infrastructure.live_value_in_example

import data.stageclear.lib

# What is masked is no placeholder; short or guessable ones are judged where they are used.
warn contains violation if {
	some setting in input.settings
	setting.dialect == "dotenv"
	setting.context == "example"
	object.get(setting, "secret", false)
	not object.get(setting, "weak", false)
	setting.value.kind == "literal"
	is_string(setting.value.value)
	regex.match(`…\((?:2[89]|[3-9]\d|\d{3,})\)$`, setting.value.value)
	not lib.is_secret_told(setting.location)
	violation := {
		"title": sprintf("Live-looking value in an example: %s", [setting.key]),
		"msg": sprintf("`%s` has a value that looks real, not like a placeholder", [setting.key]),
		"location": setting.location,
		"severity": "medium",
		"confidence": "low",
		"content": setting.key,
	}
}
