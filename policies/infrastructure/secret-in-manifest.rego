# METADATA
# scope: package
# title: Secret in a manifest
# description: >-
#   A `Secret` of Kubernetes is base64, not encrypted: in the repository it is readable to everyone who can read
#   the repository, for as long as its history exists. The same goes for values of variables.
# custom:
#   id: policy/infrastructure/secret-in-manifest
#   severity: medium
#   cwe: [798, 312]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.4, v4.0.3-6.4.1, v5.0.0-13.3.1]
#   remedy: >-
#     keep the values out of the repository: sealed or external secrets, or an encrypted file; replace what was
#     written down
#   bad: |
#     stringData: {password: hunter2-prod}
#   good: |
#     kind: ExternalSecret
package stageclear.infrastructure.secret_in_manifest

import data.stageclear.lib

deny contains violation if {
	some secret in lib.resources_of("cluster-secret")
	some entry in secret.facts.entry
	not entry.value.placeholder
	not says_where(entry.value.name)
	not lib.is_secret_told(entry.location)
	violation := {
		"title": sprintf("Secret in a manifest: %s", [entry.value.name]),
		"msg": sprintf("`%s` of the secret `%s` is written in the repository%s", [entry.value.name, secret.name, guessable(entry.value)]),
		"location": entry.location,
		"confidence": "medium",
		"content": sprintf("%s %s", [secret.name, entry.value.name]),
	}
}

deny contains violation if {
	some item in lib.resources_of("container")
	some variable in item.facts.variable
	variable.value.secret
	not variable.value.placeholder
	not lib.is_secret_told(variable.location)
	violation := {
		"title": sprintf("Secret in a manifest: %s", [variable.value.name]),
		"msg": sprintf("`%s` of `%s` is written in the repository%s", [variable.value.name, item.name, guessable(variable.value)]),
		"location": variable.location,
		"confidence": "medium",
		"content": sprintf("%s %s", [item.name, variable.value.name]),
	}
}

# What says where something is or what it is called is no secret, whatever keeps it.
says_where(name) if {
	regex.match(`(?i)(^|[_-])(user|username|name|region|host|hostname|port|bucket|domain|env|environment|mode|log_?level|project_?id|client_?id|package_?name|from|sender|public_?key|publishable_?key|url_?prefix)$`, name)
	not regex.match(`(?i)pass|secret|token|private|credential`, name)
}

guessable(value) := " and easy to guess" if value.weak

guessable(value) := "" if not value.weak
