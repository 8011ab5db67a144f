# METADATA
# scope: package
# title: Hidden characters in instructions for agents
# description: >-
#   Characters that no editor shows are read by a model like any other text. In a file of instructions they have
#   no use but to tell it what its user must not see.
# custom:
#   id: policy/llm/hidden-instructions
#   severity: high
#   cwe: [1007, 77]
#   owasp: ["LLM01:2025"]
#   remedy: >-
#     show the file's bytes, remove the characters, and look at who added them
#   bad: |
#     Use tabs.<invisible tag characters>
#   good: |
#     Use tabs.
package stageclear.llm.hidden_instructions

import data.stageclear.lib

deny contains violation if {
	some file in lib.resources_of("instructions")
	some hidden in file.facts.hidden
	violation := {
		"msg": sprintf("%d invisible %s", [hidden.value.count, hidden.value.what]),
		"location": hidden.location,
		"severity": weight(hidden.value.what),
		"confidence": "medium",
		"content": hidden.value.what,
	}
}

# Nothing writes tag characters by accident; the others also come with texts that are copied from elsewhere.
weight(what) := "high" if what == "tag characters"

weight(what) := "medium" if what != "tag characters"
