# METADATA
# scope: package
# title: Dependency that is named after something else
# description: >-
#   A module of the standard library, a module that another package brings, or a package of another ecosystem: what the
#   registry has under that name is by somebody else, or nobody has taken it yet.
# custom:
#   id: policy/supply-chain/wrong-package-name
#   severity: low
#   cwe: [1357]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     remove what the standard library brings, and write the name of the package rather than that of its module
#   bad: |
#     # requirements.txt
#     asyncio
#     sklearn
#   good: |
#     # requirements.txt
#     scikit-learn
package stageclear.supply_chain.wrong_package_name

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	some message in messages(fact)
	violation := {
		"msg": message,
		"location": fact.location,
		"severity": "low",
		"confidence": "high",
		"content": fact.name,
	}
}

messages(fact) := [sprintf("`%s` is part of the standard library; the package of that name is another one", [fact.name])] if {
	fact.kind == "standard-library-name"
}

messages(fact) := [sprintf("`%s` is a module of `%s`; the package of that name is another one, or free to be taken", [fact.name, fact.other])] if {
	fact.kind == "module-name"
}

messages(fact) := [sprintf("`%s` is a package of %s; here the name is another one's, or free to be taken", [fact.name, fact.other])] if {
	fact.kind == "foreign-name"
}
