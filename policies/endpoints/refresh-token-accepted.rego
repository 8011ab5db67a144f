# METADATA
# scope: package
# title: Refresh token is accepted as an access token
# description: >-
#   Both tokens are made with one key, and who asks for the caller does not look at which of them it got. A refresh token
#   that lives for weeks then opens everything, and revoking it does not help.
# related_resources:
#   - https://www.rfc-editor.org/rfc/rfc8725#section-3.12
# custom:
#   id: policy/endpoints/refresh-token-accepted
#   severity: medium
#   cwe: [613, 287]
#   owasp: ["A07:2021"]
#   asvs: [v4.0.3-3.5.3, v5.0.0-9.2.2]
#   remedy: >-
#     refuse tokens whose type is not the access token's, or make the two with different keys
#   bad: |
#     payload = jwt.decode(token, KEY, algorithms=["HS256"]); return load(payload["sub"])
#   good: |
#     payload = jwt.decode(token, KEY, algorithms=["HS256"])
#     if payload.get("type") != "access": raise HTTPException(401)
package stageclear.endpoints.refresh_token_accepted

import data.stageclear.lib

deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "refresh-token"
	lib.in_production(disclosure)
	violation := {
		"title": "Refresh token is accepted as an access token",
		"msg": "the token is taken whatever it is for: a refresh token opens everything, as long as it lives",
		"location": disclosure.location,
		"severity": "medium",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
