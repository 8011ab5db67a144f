# METADATA
# scope: package
# title: Dependency from git or an address
# description: >-
#   What comes from a branch, a tag or an address without a hash can be another thing tomorrow, no advisory tells about it, and
#   nobody but its owner sees it change. Over plain http anybody on the way may change it.
# custom:
#   id: policy/supply-chain/dependency-outside-registry
#   severity: low
#   cwe: [829, 494]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     use the release at the registry, or pin the commit (40 hexadecimal digits) or the archive's hash
#   bad: |
#     "dependencies": { "tool": "github:someone/tool#main" }
#   good: |
#     "dependencies": { "tool": "github:someone/tool#8e5e7e5ab8b370d6c329ec480221332ada57f0ab" }
package stageclear.supply_chain.dependency_outside_registry

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "outside-registry"
	fact.scope != "dev"
	some severity in severities(fact)
	violation := {
		"msg": sprintf("`%s` is %s: %s", [fact.name, fact.how, fact.other]),
		"location": fact.location,
		"severity": severity,
		"confidence": "high",
		"content": fact.name,
	}
}

severities(fact) := ["high"] if contains(fact.how, "plain http")

severities(fact) := ["low"] if fact.how in {"git at whatever its branch or tag is", "an archive without a hash"}
