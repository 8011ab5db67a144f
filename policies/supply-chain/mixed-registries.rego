# METADATA
# scope: package
# title: Packages of one file from several registries
# description: >-
#   Where most packages come from one registry and a few from another, a package manager that asks both may take the one that
#   an attacker publishes under the same name with a higher version.
# custom:
#   id: policy/supply-chain/mixed-registries
#   severity: info
#   cwe: [427, 1357]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     bind private names to their registry (a scope in `.npmrc`, `explicit = true` in `pyproject.toml`), or use one registry that mirrors the other
#   bad: |
#     "resolved": "https://packages.corp.example/internal-auth/-/internal-auth-1.0.0.tgz"
#   good: |
#     "resolved": "https://packages.corp.example/@corp/internal-auth/-/internal-auth-1.0.0.tgz"
package stageclear.supply_chain.mixed_registries

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "other-registry"
	names := [name | some name in fact.names; not startswith(name, "@")]
	count(names) > 0
	violation := {
		"msg": sprintf("%s from %s, the others from another registry", [concat(", ", array.slice(names, 0, 8)), fact.other]),
		"location": fact.location,
		"severity": weight(fact),
		"confidence": "medium",
		"content": fact.other,
	}
}

# A well-known name from elsewhere is a build of it, or something else under its name.
weight(fact) := "low" if fact.known

weight(fact) := "info" if not fact.known
