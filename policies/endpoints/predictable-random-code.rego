# METADATA
# scope: package
# title: Predictable random code
# description: >-
#   Generators for games (`Math.random`, Python's `random`) go on from a state that a few of their values give away. A code,
#   password or token that they make can be computed by somebody who has seen some.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/Cryptographic_Storage_Cheat_Sheet.html#secure-random-number-generation
# custom:
#   id: policy/endpoints/predictable-random-code
#   severity: medium
#   cwe: [330, 338]
#   owasp: ["A02:2021"]
#   asvs: [v4.0.3-6.3.1, v5.0.0-11.5.1]
#   remedy: >-
#     make it with `crypto.randomInt()`, `crypto.randomBytes()` or Python's `secrets`
#   bad: |
#     const randomNumber = () => Math.floor(100000 + Math.random() * 900000);
#     user.otp = randomNumber();
#   good: |
#     const randomNumber = () => crypto.randomInt(100000, 1000000);
#     user.otp = randomNumber();
package stageclear.endpoints.predictable_random_code

import data.stageclear.lib

deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "predictable-code"
	lib.in_production(disclosure)
	violation := {
		"msg": "what this gives is used as a code, password or token, and can be predicted",
		"location": disclosure.location,
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
