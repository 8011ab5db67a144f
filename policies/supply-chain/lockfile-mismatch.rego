# METADATA
# scope: package
# title: Lockfile disagrees with its manifest
# description: >-
#   What the manifest asks for is not what the lockfile holds. An install then either fails or writes the lockfile anew, with
#   versions that nobody looked at; and what was audited is not what gets installed.
# custom:
#   id: policy/supply-chain/lockfile-mismatch
#   severity: low
#   cwe: [1357]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.1.1]
#   remedy: >-
#     write the lockfile anew with the package manager and commit both files together
#   bad: |
#     package.json: "lodash": "^4.17.21", package-lock.json: lodash 3.10.1
#   good: |
#     package.json: "lodash": "^4.17.21", package-lock.json: lodash 4.17.21
package stageclear.supply_chain.lockfile_mismatch

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "lockfile-mismatch"
	violation := {
		"msg": sprintf("`%s`: %s", [fact.other, concat("; ", array.slice(fact.names, 0, 5))]),
		"location": fact.location,
		"severity": "low",
		"confidence": "high",
		"content": "lockfile-mismatch",
	}
}
