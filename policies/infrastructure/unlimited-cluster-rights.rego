# METADATA
# scope: package
# title: Rights over a whole cluster
# description: >-
#   An account that may do everything with everything hands the cluster, with all its secrets, to whoever breaks
#   into the one program that uses it.
# custom:
#   id: policy/infrastructure/unlimited-cluster-rights
#   severity: medium
#   cwe: [269, 732]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-1.2.2, v5.0.0-13.2.2]
#   remedy: >-
#     name the resources and verbs that the program needs in a `Role` of its namespace
#   bad: |
#     rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
#   good: |
#     rules: [{apiGroups: [""], resources: ["configmaps"], verbs: ["get"]}]
package stageclear.infrastructure.unlimited_cluster_rights

import data.stageclear.lib

deny contains violation if {
	some role in lib.resources_of("cluster-role")
	some rule in role.facts.everything
	violation := {
		"msg": sprintf("the %s `%s` allows everything on everything", [rule.value, role.name]),
		"location": rule.location,
		"content": role.name,
	}
}

deny contains violation if {
	some role in lib.resources_of("cluster-role")
	some bound in role.facts["cluster-admin"]
	violation := {
		"msg": sprintf("`%s` makes its subjects administrators of the cluster", [role.name]),
		"location": bound.location,
		"confidence": "medium",
		"content": role.name,
	}
}

deny contains violation if {
	some role in lib.resources_of("cluster-role")
	some who in role.facts.anonymous
	violation := {
		"title": "Rights for everybody who reaches the cluster",
		"msg": sprintf("`%s` gives rights to `%s`", [role.name, who.value]),
		"location": who.location,
		"severity": "high",
		"content": sprintf("%s anonymous", [role.name]),
	}
}
