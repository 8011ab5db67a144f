# METADATA
# scope: package
# title: Service takes outdated TLS
# description: >-
#   TLS before 1.2 has known weaknesses, and nothing that is still supported needs it.
# custom:
#   id: policy/infrastructure/outdated-cloud-tls
#   severity: low
#   cwe: [326, 327]
#   owasp: ["A02:2021"]
#   asvs: [v4.0.3-9.1.3, v5.0.0-12.1.1]
#   remedy: >-
#     ask for TLS 1.2 at least: `ELBSecurityPolicy-TLS13-1-2-2021-06`, `TLSv1.2_2021`, `TLS1_2`
#   bad: |
#     minimum_protocol_version = "TLSv1"
#   good: |
#     minimum_protocol_version = "TLSv1.2_2021"
package stageclear.infrastructure.outdated_cloud_tls

import data.stageclear.helpers.cloud

keys := {
	"ssl_policy", "viewer_certificate.minimum_protocol_version", "min_tls_version", "minimum_tls_version", "minimum_protocol_version",
	"site_config.minimum_tls_version", "site_config.min_tls_version", "domain_endpoint_options.tls_security_policy", "security_policy",
	"distribution_config.viewer_certificate.minimum_protocol_version",
}

old := `(?i)^(elbsecuritypolicy-(2015|2016|tls-1-0|tls-1-1|fs-2018).*|sslv3|tlsv1(_2016)?|tlsv1\.1_2016|tls_?1_[01]|1\.[01]|policy-min-tls-1-0-2019-07)$`

deny contains violation if {
	some resource in cloud.resources
	some key in keys
	some fact in object.get(resource.facts, key, [])
	is_string(fact.value)
	regex.match(old, fact.value)
	violation := {
		"msg": sprintf("`%s` takes `%s`", [resource.name, fact.value]),
		"location": fact.location,
		"confidence": "high",
		"content": sprintf("%s %s", [resource.name, key]),
	}
}
