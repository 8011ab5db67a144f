# METADATA
# scope: package
# title: Dependency that nothing uses
# description: >-
#   A package that is declared for run time, but neither imported nor named by a script or setting, brings its
#   weaknesses and its maintainers' rights for nothing. An assistant that changed its mind often leaves some behind.
# custom:
#   id: policy/supply-chain/unused-dependency
#   severity: info
#   cwe: [1357]
#   owasp: ["A06:2021"]
#   asvs: [v4.0.3-14.2.2, v5.0.0-15.2.3]
#   remedy: >-
#     remove it from the manifest, or move it to the development dependencies if only tools need it
#   bad: |
#     "dependencies": { "moment": "^2.30.1" }  // imported nowhere
#   good: |
#     "dependencies": { "dayjs": "^1.11.13" }  // import dayjs from "dayjs"
package stageclear.supply_chain.unused_dependency

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "not-imported"
	violation := {
		"msg": sprintf("declared for run time, and nothing uses it: %s", [concat(", ", fact.names)]),
		"location": fact.location,
		"severity": "info",
		"confidence": "medium",
		"content": "unused",
	}
}
