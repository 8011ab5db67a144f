package stageclear.supply_chain.install_script_calls_network_test

import data.stageclear.supply_chain.install_script_calls_network

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	found := install_script_calls_network.deny with input as facts([resource("package-script", {
		"on-install": [true], "network": [true], "habit": [{"habit": "fetch-and-run", "text": "curl x | sh"}],
	})])
	{violation.severity | some violation in found} == {"high"}
	count(install_script_calls_network.deny) == 1 with input as facts([resource("package-script", {"on-install": [true], "network": [true]})])
}

test_others_pass if {
	count(install_script_calls_network.deny) == 0 with input as facts([
		resource("package-script", {"on-install": [true]}),
		resource("package-script", {"network": [true]}),
	])
}
