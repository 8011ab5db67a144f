# METADATA
# scope: package
# title: Web server lets any site read with credentials
# description: >-
#   A server that answers with the caller's own `Origin` and allows credentials lets every website read what a
#   signed-in visitor may read.
# custom:
#   id: policy/infrastructure/open-origin-with-credentials
#   severity: high
#   cwe: [942]
#   owasp: ["A05:2021", "A01:2021"]
#   asvs: [v4.0.3-14.5.3, v5.0.0-3.4.2]
#   remedy: >-
#     list the origins that need access in a `map`, and answer with the origin only if it is one of them
#   bad: |
#     add_header Access-Control-Allow-Origin $http_origin;
#     add_header Access-Control-Allow-Credentials true;
#   good: |
#     map $http_origin $allowed { default ""; "https://shop.example" $http_origin; }
#     add_header Access-Control-Allow-Origin $allowed;
package stageclear.infrastructure.open_origin_with_credentials

import data.stageclear.lib

origin(place) := [header |
	some header in place.facts.header
	header.value.name == "access-control-allow-origin"
]

credentials(place) if {
	some header in place.facts.header
	header.value.name == "access-control-allow-credentials"
	lower(header.value.value) == "true"
}

deny contains violation if {
	some kind in ["web-server", "web-location"]
	some place in lib.resources_of(kind)
	credentials(place)
	some header in origin(place)
	header.value.value in {"$http_origin", "{http.request.header.Origin}", "{header.Origin}"}
	violation := {
		"msg": "every origin is allowed, with the visitor's cookies",
		"location": header.location,
		"content": place.name,
	}
}

# Browsers refuse the pair; for answers without a login it is a plain open policy.
warn contains violation if {
	some kind in ["web-server", "web-location"]
	some place in lib.resources_of(kind)
	credentials(place)
	some header in origin(place)
	header.value.value == "*"
	violation := {
		"title": "Web server lets any site read",
		"msg": "every origin is allowed; browsers refuse to send credentials along with `*`",
		"location": header.location,
		"severity": "low",
		"content": place.name,
	}
}
