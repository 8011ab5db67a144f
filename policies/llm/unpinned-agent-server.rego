# METADATA
# scope: package
# title: Server for agents without a version
# description: >-
#   `npx` and `uvx` fetch the newest version each time. Whoever takes over the package runs code on every
#   machine that opens the repository, with the agent's tools and secrets.
# custom:
#   id: policy/llm/unpinned-agent-server
#   severity: low
#   cwe: [829, 1357]
#   owasp: ["LLM03:2025", "A08:2021"]
#   asvs: [v4.0.3-10.3.2, v5.0.0-15.2.4]
#   remedy: >-
#     name a version: `npx -y some-server@1.4.2`
#   bad: |
#     "command": "npx", "args": ["-y", "some-server"]
#   good: |
#     "command": "npx", "args": ["-y", "some-server@1.4.2"]
package stageclear.llm.unpinned_agent_server

import data.stageclear.lib

warn contains violation if {
	some kind in ["mcp-server", "agent-hook"]
	some server in lib.resources_of(kind)
	some found in server.facts["package"]
	not found.value.pinned
	violation := {
		"msg": sprintf("`%s` for `%s` is fetched in its newest version each time", [found.value.name, server.name]),
		"location": found.location,
		"content": server.name,
	}
}

deny contains violation if {
	some server in lib.resources_of("mcp-server")
	some url in server.facts.url
	url.value.plain
	not url.value.local
	violation := {
		"title": "Server for agents over plain http",
		"msg": sprintf("everybody on the way to `%s` reads and writes what the agent is told", [server.name]),
		"location": url.location,
		"severity": "medium",
		"content": server.name,
	}
}
