# METADATA
# scope: package
# title: Locked packages without a hash
# description: >-
#   A lockfile that keeps a hash of each package notices when a registry or a mirror sends something else. A few entries
#   without one are installed unseen, and are what an edited lockfile looks like.
# custom:
#   id: policy/supply-chain/missing-integrity
#   severity: low
#   cwe: [353, 345]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-10.3.2, v5.0.0-15.2.4]
#   remedy: >-
#     delete the entries and let the package manager write them anew, with the registry that the others come from
#   bad: |
#     "node_modules/a": { "version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz" }
#   good: |
#     "node_modules/a": { "version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz", "integrity": "sha512-…" }
package stageclear.supply_chain.missing_integrity

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "missing-integrity"
	violation := {
		"msg": sprintf("the other packages have a hash, these have none: %s", [shown(fact.names)]),
		"location": fact.location,
		"severity": "low",
		"confidence": "high",
		"content": "missing-integrity",
	}
}

shown(names) := concat(", ", names) if count(names) <= 8

shown(names) := sprintf("%s and %d more", [concat(", ", array.slice(names, 0, 8)), count(names) - 8]) if count(names) > 8
