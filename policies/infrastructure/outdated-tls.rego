# METADATA
# scope: package
# title: Outdated TLS
# description: >-
#   SSLv3, TLS 1.0 and TLS 1.1 have known flaws and are refused by today's browsers; they only serve an attacker
#   who makes both sides agree on them.
# custom:
#   id: policy/infrastructure/outdated-tls
#   severity: medium
#   cwe: [326, 327]
#   owasp: ["A02:2021"]
#   asvs: [v4.0.3-9.1.3, v5.0.0-12.1.1]
#   remedy: >-
#     allow TLS 1.2 and 1.3 only
#   bad: |
#     ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
#   good: |
#     ssl_protocols TLSv1.2 TLSv1.3;
package stageclear.infrastructure.outdated_tls

import data.stageclear.lib

deny contains violation if {
	some place in lib.resources_of("web-server")
	some protocol in place.facts.protocol
	protocol.value in {"SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"}
	violation := {
		"msg": sprintf("`%s` is allowed", [protocol.value]),
		"location": protocol.location,
		"content": "ssl_protocols",
	}
}
