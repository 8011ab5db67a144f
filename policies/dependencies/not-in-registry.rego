# METADATA
# scope: package
# title: Dependency that the registry does not have
# description: >-
#   A name that no registry has is one that a model invented, or that of a private package. Whoever publishes a package
#   under it first runs code wherever the project is installed. Known with `--online` only.
# custom:
#   id: policy/dependencies/not-in-registry
#   severity: critical
#   cwe: [1357, 427]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     remove it, or write the name that was meant; of a private package say which registry it comes from, and reserve its
#     name at the public one
#   bad: |
#     "dependencies": { "express-auth-guard-utils": "^1.0.0" }   # nobody has published that
#   good: |
#     "dependencies": { "express": "^5.1.0" }
package stageclear.dependencies.not_in_registry

import data.stageclear.lib

deny contains violation if {
	some fact in lib.dependencies
	fact.kind == "not-in-registry"
	violation := {
		"msg": sprintf("there is no package `%s` in the registry of %s", [fact.name, fact.ecosystem]),
		"location": fact.location,
		"severity": "critical",
		"confidence": "medium",
		"content": fact.name,
	}
}

# A release of today may not have arrived yet where was asked.
deny contains violation if {
	some fact in lib.dependencies
	fact.kind == "version-not-in-registry"
	violation := {
		"title": "Version that the registry does not have",
		"msg": sprintf("the registry of %s has `%s`, but not its version %s", [fact.ecosystem, fact.name, fact.other]),
		"location": fact.location,
		"severity": "medium",
		"confidence": "medium",
		"content": sprintf("%s %s", [fact.name, fact.other]),
	}
}
