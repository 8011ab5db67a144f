# METADATA
# scope: package
# title: Redirect lets the caller write headers
# description: >-
#   `$uri` is decoded: `%0d%0a` in a request becomes a line break in the `Location` header, and what follows it
#   a header or a body of the caller's.
# custom:
#   id: policy/infrastructure/redirect-splits-header
#   severity: medium
#   cwe: [113]
#   owasp: ["A03:2021"]
#   remedy: >-
#     use `$request_uri`, which stays encoded: `return 301 https://$host$request_uri;`
#   bad: |
#     return 301 https://$host$uri;
#   good: |
#     return 301 https://$host$request_uri;
package stageclear.infrastructure.redirect_splits_header

import data.stageclear.lib

deny contains violation if {
	some kind in ["web-server", "web-location"]
	some place in lib.resources_of(kind)
	some redirect in place.facts["return"]
	regex.match(`^30[1278]\s.*\$(?:document_)?uri\b`, redirect.value)
	violation := {
		"msg": sprintf("`return %s` puts decoded text of the request into a header", [redirect.value]),
		"location": redirect.location,
		"content": redirect.value,
	}
}
