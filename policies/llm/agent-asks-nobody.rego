# METADATA
# scope: package
# title: Agent acts without asking
# description: >-
#   Settings in the repository hold for everyone who opens it. An agent that asks nobody does what any text it
#   reads tells it to, with the rights of its user.
# custom:
#   id: policy/llm/agent-asks-nobody
#   severity: high
#   cwe: [1188, 250]
#   owasp: ["LLM06:2025"]
#   remedy: >-
#     leave the mode out of the repository's settings, and allow single harmless commands
#   bad: |
#     "permissions": { "defaultMode": "bypassPermissions" }
#   good: |
#     "permissions": { "allow": ["Bash(npm test)"] }
package stageclear.llm.agent_asks_nobody

import data.stageclear.lib

deny contains violation if {
	some settings in lib.resources_of("agent-settings")
	some mode in settings.facts.mode
	mode.value == "bypassPermissions"
	violation := {
		"msg": "`bypassPermissions` turns every question off",
		"location": mode.location,
		"severity": "high",
		"content": "mode",
	}
}

switches := lib.grouped({[key, [switch.location.line, switch.location.column, switch.value, switch.location]] |
	some kind in ["agent-settings", "mcp-server"]
	some settings in lib.resources_of(kind)
	some switch in settings.facts["approves-all"]
	key := sprintf("%s in %s", [switch.value, switch.location.path])
})

# The same switch for several servers of a file is told once.
deny contains violation if {
	some _, found in switches
	places := sort(found)
	name := places[0][2]
	violation := {
		"msg": sprintf("`%s` approves what nobody has looked at", [name]),
		"location": places[0][3],
		"severity": weight(name),
		"content": name,
		"related": [{"location": place[3], "message": "and here"} | some place in array.slice(places, 1, 31)],
	}
}

# Servers of the repository's own list, one by one harmless or not.
weight(name) := "medium" if name in {"enableAllProjectMcpServers", "alwaysAllow", "autoApprove", "trust"}

weight(name) := "high" if not name in {"enableAllProjectMcpServers", "alwaysAllow", "autoApprove", "trust"}
