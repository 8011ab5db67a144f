# METADATA
# scope: package
# title: Secret in an agent's configuration
# description: >-
#   The list of servers is shared by the repository: a key that is written there belongs to everyone who can
#   read it, and to the server's package.
# custom:
#   id: policy/llm/secret-in-agent-configuration
#   severity: high
#   cwe: [798, 522]
#   owasp: ["LLM02:2025", "A07:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     take the value from the environment, `"${API_KEY}"`, and replace the key
#   bad: |
#     "env": { "API_KEY": "k-93f1..." }
#   good: |
#     "env": { "API_KEY": "${API_KEY}" }
package stageclear.llm.secret_in_agent_configuration

import data.stageclear.lib

deny contains violation if {
	some kind in ["mcp-server", "agent-settings"]
	some item in lib.resources_of(kind)
	some variable in item.facts.variable
	variable.value.secret
	not variable.value.placeholder
	not variable.value.weak
	not lib.is_secret_told(variable.location)
	violation := {
		"title": sprintf("Secret in an agent's configuration: %s", [variable.value.name]),
		"msg": sprintf("`%s` of `%s` is written in the repository", [variable.value.name, item.name]),
		"location": variable.location,
		"confidence": "medium",
		"content": sprintf("%s %s", [item.name, variable.value.name]),
	}
}

deny contains violation if {
	some item in lib.resources_of("mcp-server")
	some argument in item.facts["secret-argument"]
	not argument.value.weak
	not lib.is_secret_told(argument.location)
	violation := {
		"msg": sprintf("an argument of `%s` holds a secret", [item.name]),
		"location": argument.location,
		"confidence": "medium",
		"content": item.name,
	}
}
