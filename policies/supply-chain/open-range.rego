# METADATA
# scope: package
# title: Range without an end
# description: >-
#   `*`, `latest` or `>=1` takes every version that is ever published, with the next breaking change and the next release
#   of whoever gets hold of the account.
# custom:
#   id: policy/supply-chain/open-range
#   severity: low
#   cwe: [1357, 829]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.1.1]
#   remedy: >-
#     write a range that ends before the next major version (`^1.2.3`, `~=1.2`), or pin the version
#   bad: |
#     "dependencies": { "axios": "latest" }
#   good: |
#     "dependencies": { "axios": "^1.12.0" }
package stageclear.supply_chain.open_range

import data.stageclear.lib

open := [fact |
	some fact in lib.dependencies
	fact.kind == "open-range"
	fact.scope == "runtime"
	judged(fact)
]

# Python's requirements without a version are told as a missing lockfile; where a lockfile holds the version, only what
# asks for anything at all is worth a word.
judged(fact) if fact.other in {"*", "latest", "next", "canary", "x", "X"}

judged(fact) if {
	fact.ecosystem == "npm"
	fact.how == "no lockfile holds the version"
}

files := {fact.location.path | some fact in open}

# One finding a file.
warn contains violation if {
	some path in files
	facts := [fact | some fact in open; fact.location.path == path]
	first := min({fact.location.line | some fact in facts})
	some fact in facts
	fact.location.line == first
	names := sort({sprintf("%s (%s)", [other.name, other.other]) | some other in facts})
	violation := {
		"msg": sprintf("%s; %s", [concat(", ", names), fact.how]),
		"location": fact.location,
		"severity": weight(fact),
		"confidence": "high",
		"content": "open-range",
	}
}

weight(fact) := "low" if fact.how == "no lockfile holds the version"

weight(fact) := "info" if fact.how != "no lockfile holds the version"
