# METADATA
# scope: package
# title: Proxy to an address that the caller chooses
# description: >-
#   When the host of `proxy_pass` comes from the request, everybody can reach internal services and cloud
#   metadata through the server.
# custom:
#   id: policy/infrastructure/open-proxy
#   severity: high
#   cwe: [918, 441]
#   owasp: ["A10:2021"]
#   asvs: [v4.0.3-5.2.6, v4.0.3-12.6.1, v5.0.0-1.3.6, v5.0.0-13.2.5]
#   remedy: >-
#     name the upstream in the configuration; let a `map` turn known names into addresses
#   bad: |
#     location ~ ^/proxy/(.*)$ { proxy_pass http://$1; }
#   good: |
#     location /api/ { proxy_pass http://api:8000/; }
package stageclear.infrastructure.open_proxy

import data.stageclear.lib

deny contains violation if {
	some place in lib.resources_of("web-location")
	some proxy in place.facts.proxy_pass
	regex.match(`^(?:https?://)?\$\{?(?:arg_|args|http_|cookie_|query_string|host\b|[1-9])`, proxy.value)
	not place.facts.guard
	violation := {
		"msg": sprintf("`%s` is what the caller says", [proxy.value]),
		"location": proxy.location,
		"confidence": "medium",
		"content": proxy.value,
	}
}
