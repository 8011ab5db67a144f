# METADATA
# scope: package
# title: The answer tells which accounts exist
# description: >-
#   A login that answers differently for an unknown account and for a wrong password lets anybody try out which
#   addresses have an account, and then guess passwords for those only.
# related_resources:
#   - https://cwe.mitre.org/data/definitions/204.html
# custom:
#   id: policy/endpoints/user-enumeration
#   severity: medium
#   cwe: [204]
#   owasp: ["A07:2021"]
#   asvs: [v5.0.0-6.3.8]
#   remedy: >-
#     answer the same for both, such as "wrong e-mail address or password", with the same status
#   bad: |
#     if not user: return jsonify(error="User not found"), 404
#     if not user.check_password(password): return jsonify(error="Wrong password"), 401
#   good: |
#     if not user or not user.check_password(password):
#         return jsonify(error="Wrong e-mail address or password"), 401
package stageclear.endpoints.user_enumeration

import data.stageclear.lib

deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "unknown-account"
	lib.in_production(disclosure)
	violation := {
		"title": "The login tells which accounts exist",
		"msg": "an unknown account is answered differently from a wrong password",
		"location": disclosure.location,
		"severity": "low",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}

warn contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "known-account"
	lib.in_production(disclosure)
	violation := {
		"title": "The registration tells which accounts exist",
		"msg": "whoever signs up with an address learns whether it has an account; a limit per address, or the same answer with a mail, ends that",
		"location": disclosure.location,
		"severity": "low",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
