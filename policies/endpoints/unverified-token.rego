# METADATA
# scope: package
# title: A token is read and not verified
# description: >-
#   Whoever calls may write any name into a token: only its signature tells that the server made it. Decoding one and
#   believing what stands in it lets everybody be anybody.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/
# custom:
#   id: policy/endpoints/unverified-token
#   severity: high
#   cwe: [345, 347]
#   owasp: ["A07:2021", "API2:2023"]
#   asvs: [v4.0.3-3.5.3, v5.0.0-9.1.1]
#   remedy: >-
#     verify the signature with the library's `verify`, or ask the identity service whose token it is
#   bad: |
#     const user = JSON.parse(atob(token.split(".")[1]));
#   good: |
#     const user = jwt.verify(token, process.env.JWT_SECRET);
package stageclear.endpoints.unverified_token

import data.stageclear.lib

# One place serves several routes: it is told once.
places := lib.grouped({[place, [lib.label(endpoint), trusted]] |
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "unverified-token"
	not lib.asks_who(endpoint)
	place := sprintf("%s:%d", [trusted.location.path, trusted.location.line])
})

deny contains violation if {
	some _, found in places
	[label, trusted] := sort(found)[0]
	violation := {
		"title": "A token is read and not verified",
		"msg": sprintf("`%s` believes what stands in a token whose signature nobody looks at", [label]),
		"location": trusted.location,
		"severity": "high",
		"confidence": "medium",
		"content": trusted.kind,
	}
}
