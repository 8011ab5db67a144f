# METADATA
# scope: package
# title: Source maps are published
# description: >-
#   Source maps give every visitor the original source of the client, with comments and the names of internal
#   interfaces.
# custom:
#   id: policy/infrastructure/published-source-maps
#   severity: info
#   cwe: [540]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-12.5.1, v5.0.0-13.4.7]
#   remedy: >-
#     turn them off for production, or upload them to the error tracker and delete them
#   bad: |
#     productionBrowserSourceMaps: true
#   good: |
#     productionBrowserSourceMaps: false
package stageclear.infrastructure.published_source_maps

import data.stageclear.lib

warn contains violation if {
	some config in lib.resources_of("build-config")
	some key in ["productionBrowserSourceMaps", "sourcemap"]
	some map in config.facts[key]
	violation := {
		"msg": sprintf("`%s` is on", [key]),
		"location": map.location,
		"confidence": "medium",
		"content": key,
	}
}
