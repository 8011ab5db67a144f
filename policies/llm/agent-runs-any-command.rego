# METADATA
# scope: package
# title: Agent may run any command
# description: >-
#   A rule that allows every command, or an interpreter with any arguments, lets a text that the agent reads run
#   anything without a question.
# custom:
#   id: policy/llm/agent-runs-any-command
#   severity: medium
#   cwe: [250, 78]
#   owasp: ["LLM06:2025"]
#   remedy: >-
#     allow commands with their arguments: `Bash(npm run test:*)`, and leave interpreters and `rm` out
#   bad: |
#     "allow": ["Bash(*)"]
#   good: |
#     "allow": ["Bash(npm run test:*)", "Bash(git diff:*)"]
package stageclear.llm.agent_runs_any_command

import data.stageclear.lib

interpreters := {"bash", "sh", "zsh", "sudo", "eval", "python", "python3", "node", "perl", "ruby", "powershell", "pwsh", "cmd", "ssh", "docker run", "npx", "bunx", "uvx", "xargs", "env", "bash -c", "sh -c", "python -c", "python3 -c", "node -e", "curl", "wget", "rm"}

deny contains violation if {
	some settings in lib.resources_of("agent-settings")
	some rule in settings.facts.allows
	rule.value.program == ""
	violation := {
		"msg": "every command is allowed without a question",
		"location": rule.location,
		"content": "any",
	}
}

# One finding a file: such lists grow by themselves.
warn contains violation if {
	some settings in lib.resources_of("agent-settings")
	open := [rule |
		some rule in settings.facts.allows
		rule.value["any-arguments"]
		rule.value.program in interpreters
	]
	count(open) > 0
	names := sort({rule.value.program | some rule in open})
	violation := {
		"title": "Agent may run interpreters with any arguments",
		"msg": sprintf("allowed without a question: %s", [concat(", ", names)]),
		"location": open[0].location,
		"severity": "low",
		"content": settings.location.path,
	}
}

deny contains violation if {
	some settings in lib.resources_of("agent-settings")
	some secret in settings.facts["allows-secret"]
	not lib.is_secret_told(secret.location)
	violation := {
		"title": "Secret in an agent's list of allowed commands",
		"msg": sprintf("a command with the value of `%s` was stored in the repository", [secret.value.name]),
		"location": secret.location,
		"severity": "medium",
		"confidence": "medium",
		"content": secret.value.name,
	}
}
