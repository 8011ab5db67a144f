# METADATA
# scope: package
# title: Dependency with a name that looks like another one
# description: >-
#   Whoever publishes a package under a misspelt or invented name waits for those who type it, or for the model that
#   does. It runs with all rights of the project as soon as it is installed.
# custom:
#   id: policy/supply-chain/look-alike-name
#   severity: medium
#   cwe: [1357, 506]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     look the package up at its registry: who publishes it, since when, what it is for; if another one is meant, write its name
#   bad: |
#     "dependencies": { "expresss": "^4.18.0" }
#   good: |
#     "dependencies": { "express": "^4.18.0" }
package stageclear.supply_chain.look_alike_name

import data.stageclear.lib

deny contains violation if {
	some fact in lib.dependencies
	fact.kind == "invented-name"
	violation := {
		"title": "Dependency that models are known to invent",
		"msg": sprintf("`%s` is a name that language models invent; meant is %s", [fact.name, fact.other]),
		"location": fact.location,
		"severity": "high",
		"confidence": "medium",
		"content": fact.name,
	}
}

deny contains violation if {
	some fact in lib.dependencies
	fact.kind == "similar-name"
	violation := {
		"msg": sprintf("`%s` looks like the well-known `%s`: %s", [fact.name, fact.other, fact.how]),
		"location": fact.location,
		"severity": weight(fact),
		"confidence": "medium",
		"content": fact.name,
	}
}

# The better known the name, the more it pays to publish one beside it.
weight(fact) := "medium" if famous(fact)

weight(fact) := "low" if not famous(fact)

famous(fact) if fact.rank < 2000
