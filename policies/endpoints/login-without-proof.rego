# METADATA
# scope: package
# title: Login without a proof
# description: >-
#   A route that gives out a session for whichever account the request names lets everybody be anybody: an address or an
#   id is no secret. Sign-in with another service proves who calls by a token that the server verifies.
# related_resources:
#   - https://owasp.org/Top10/A07_2021-Identification_and_Authentication_Failures/
# custom:
#   id: policy/endpoints/login-without-proof
#   severity: high
#   cwe: [287, 290, 306]
#   owasp: ["A07:2021", "API2:2023"]
#   asvs: [v4.0.3-1.2.4, v5.0.0-6.3.4]
#   remedy: >-
#     compare a password or a one-time code, or verify the identity token of the service (its signature, issuer and audience),
#     before a session is made
#   bad: |
#     const user = await User.findOne({ email: req.body.email }); res.json({ token: jwt.sign({ id: user._id }, KEY) })
#   good: |
#     const ticket = await client.verifyIdToken({ idToken: req.body.credential, audience: CLIENT_ID })
#     const user = await User.findOne({ email: ticket.getPayload().email }); res.json({ token: jwt.sign({ id: user._id }, KEY) })
package stageclear.endpoints.login_without_proof

import data.stageclear.lib

deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "identity"
	not lib.asks_who(endpoint)
	not lib.is_for(endpoint, `refresh|logout|signout|callback|verify|confirm|invite|webhook|impersonat`)
	violation := {
		"title": sprintf("%s logs in whoever is named", [lib.label(endpoint)]),
		"msg": sprintf("`%s` makes a session for the account that `%s` of the request names, and nothing shows that it is the caller's", [lib.label(endpoint), trusted.field]),
		"location": trusted.location,
		"severity": "high",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}
