package stageclear.supply_chain.unpinned_remote_script_test

import data.stageclear.supply_chain.unpinned_remote_script

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

script(host, plain, integrity) := {"host": host, "url": "url", "plain": plain, "integrity": integrity}

test_levels if {
	found := unpinned_remote_script.deny with input as facts([
		resource("remote-script", {"script": [script("polyfill.io", false, false)]}),
		resource("remote-script", {"script": [script("cdn.example", true, false)]}),
	])
	{violation.severity | some violation in found} == {"high", "medium"}
	count(unpinned_remote_script.warn) == 1 with input as facts([resource("remote-script", {"script": [script("cdn.example", false, false)]})])
}

test_pinned_and_changing_pass if {
	count(unpinned_remote_script.warn) == 0 with input as facts([
		resource("remote-script", {"script": [script("cdn.example", false, true)]}),
		resource("remote-script", {"script": [script("js.stripe.com", false, false)]}),
	])
}
