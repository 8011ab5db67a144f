# METADATA
# scope: package
# title: Environment is written into the client
# description: >-
#   What a bundler's `define` names is put into the code that every visitor downloads. `process.env` as a whole
#   takes all secrets of the build machine along.
# custom:
#   id: policy/infrastructure/environment-in-bundle
#   severity: high
#   cwe: [200, 522]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     define single, public values by name
#   bad: |
#     define: { "process.env": process.env }
#   good: |
#     define: { __APP_VERSION__: JSON.stringify(version) }
package stageclear.infrastructure.environment_in_bundle

import data.stageclear.lib

deny contains violation if {
	some config in lib.resources_of("build-config")
	some all in config.facts["defines-everything"]
	violation := {
		"msg": "the whole environment of the build becomes part of the client's code",
		"location": all.location,
		"content": "process.env",
	}
}

deny contains violation if {
	some config in lib.resources_of("build-config")
	some one in config.facts.defines
	one.value.secret
	violation := {
		"title": sprintf("Secret is written into the client: %s", [one.value.name]),
		"msg": sprintf("`%s` becomes part of the client's code", [one.value.name]),
		"location": one.location,
		"confidence": "medium",
		"content": one.value.name,
	}
}
