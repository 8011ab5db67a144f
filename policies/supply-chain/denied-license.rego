# METADATA
# scope: package
# title: Package under a licence that is not allowed
# description: >-
#   Some licences bind whoever ships the program: to publish its source, to name the authors, to pay. Which of them a product can
#   live with is decided by its owner; this policy holds the packages to that decision and asks nothing where there is none.
#   The lists stand under `[licenses]` in `stageclear.toml` and under `licenses` in an organisation's `data.yaml`; what either
#   denies is denied, and where both allow, both must.
# custom:
#   id: policy/supply-chain/denied-license
#   severity: high
#   level: baseline
#   cwe: [1357]
#   remedy: >-
#     replace the package, take it under another licence that its owner offers, or have the licence allowed
#   bad: |
#     [licenses]
#     allow = ["MIT", "Apache-2.0"]   # and `"license": "AGPL-3.0-only"` in package-lock.json
#   good: |
#     [licenses]
#     allow = ["MIT", "Apache-2.0"]   # and `"license": "MIT OR GPL-2.0-only"` in package-lock.json
package stageclear.supply_chain.denied_license

import data.stageclear.helpers.licenses

warn contains violation if {
	licenses.are_listed
	some entry in input.packages
	entry.license
	not entry.license.expression in licenses.known_acceptable
	violation := {
		"msg": sprintf("`%s` is under `%s`, %s", [entry.name, entry.license.expression, licenses.reason(entry.license)]),
		"location": entry.location,
		"severity": severity(entry),
		"confidence": "high",
		"content": sprintf("%s %s", [entry.name, entry.license.expression]),
	}
}

# What is not shipped binds nobody.
severity(entry) := "low" if entry.scope in {"dev", "build"}

severity(entry) := "high" if not entry.scope in {"dev", "build"}
