# METADATA
# scope: package
# title: Password is set without a proof
# description: >-
#   A route that sets a new password for the account that the request names gives every account to whoever knows its
#   address. A one-time token that was mailed, or the old password, shows whose it is; a step before this one does not,
#   unless the server remembers it.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
# custom:
#   id: policy/endpoints/reset-without-proof
#   severity: high
#   cwe: [640, 620, 306]
#   owasp: ["A07:2021", "API2:2023"]
#   asvs: [V2.5.6]
#   remedy: >-
#     mail a random token that ends soon, keep its hash, and ask for it together with the new password
#   bad: |
#     const user = await User.findOne({ email: req.body.email }); user.password = await hash(req.body.password)
#   good: |
#     const user = await User.findOne({ resetToken: sha256(req.body.token), resetEnds: { $gt: Date.now() } })
#     user.password = await hash(req.body.password)
package stageclear.endpoints.reset_without_proof

import data.stageclear.lib

deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "account"
	not lib.asks_who(endpoint)
	violation := {
		"title": sprintf("%s sets anybody's password", [lib.label(endpoint)]),
		"msg": sprintf("`%s` sets the password of the account that `%s` of the request names, and nothing shows that it is the caller's", [lib.label(endpoint), trusted.field]),
		"location": trusted.location,
		"severity": "high",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}
