# METADATA
# scope: package
# title: Import of a package that nothing declares
# description: >-
#   The code imports packages that no manifest and no lockfile of the project names. That works where somebody has
#   installed them by hand, at whatever version; where nobody has, a name that was invented is installed by whoever
#   believes the error message.
# custom:
#   id: policy/supply-chain/undeclared-import
#   severity: low
#   cwe: [1357]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.5, v5.0.0-15.1.2]
#   remedy: >-
#     declare the packages with their versions in the manifest, or remove the imports
#   bad: |
#     import leftpad_utils  # not in requirements.txt
#   good: |
#     import requests  # requests==2.32.3 in requirements.txt
package stageclear.supply_chain.undeclared_import

import data.stageclear.lib

undeclared := [fact |
	some fact in lib.dependencies
	fact.kind == "undeclared"
]

# One finding an ecosystem for what is well known, and one for what is not: the remedy is one as well.
groups := {[fact.ecosystem, fact.known] | some fact in undeclared}

warn contains violation if {
	some [ecosystem, known] in groups
	facts := [fact | some fact in undeclared; fact.ecosystem == ecosystem; fact.known == known]
	first := min([[fact.location.path, fact.location.line] | some fact in facts])
	some fact in facts
	[fact.location.path, fact.location.line] == first
	names := sort({name(other) | some other in facts})
	violation := {
		"msg": message(names, known),
		"location": fact.location,
		"severity": weight(known),
		"confidence": "medium",
		"content": sprintf("undeclared %s %v", [ecosystem, known]),
		"related": [{"location": other.location, "message": sprintf("`%s`", [other.name])} | some other in facts; other != fact],
	}
}

# What is imported, and the package that brings it where that has another name.
name(fact) := sprintf("`%s`", [fact.name]) if replace(lower(fact.name), "_", "-") == fact.other

name(fact) := sprintf("`%s` (of `%s`)", [fact.name, fact.other]) if replace(lower(fact.name), "_", "-") != fact.other

message(names, true) := sprintf("imported, and no manifest names it: %s", [shown(names)])

message(names, false) := sprintf("imported, no manifest names it, and it is no well-known package (does it exist?): %s", [shown(names)])

shown(names) := concat(", ", names) if count(names) <= 8

shown(names) := sprintf("%s and %d more", [concat(", ", array.slice(names, 0, 8)), count(names) - 8]) if count(names) > 8

weight(true) := "info"

weight(false) := "low"
