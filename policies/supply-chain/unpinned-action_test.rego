package stageclear.supply_chain.unpinned_action_test

import data.stageclear.supply_chain.unpinned_action

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

use(name, pinned, own) := {"name": name, "version": "v1", "pinned": pinned, "branch": false, "first-party": own, "owner": "o"}

test_one_finding_a_file if {
	found := unpinned_action.warn with input as facts([
		resource("workflow-step", {"uses": [use("a/b", false, false)]}),
		resource("workflow-step", {"uses": [use("c/d", false, false)]}),
	])
	count({violation.content | some violation in found}) == 1
}

test_pinned_and_first_party_pass if {
	count(unpinned_action.warn) == 0 with input as facts([
		resource("workflow-step", {"uses": [use("a/b", true, false)]}),
		resource("workflow-step", {"uses": [use("actions/checkout", false, true)]}),
	])
}
