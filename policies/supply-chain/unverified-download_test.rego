package stageclear.supply_chain.unverified_download_test

import data.stageclear.supply_chain.unverified_download

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(unverified_download.deny) == 1 with input as facts([resource("image-stage", {"habit": [{"habit": "tls-off", "text": "curl -k x"}]})])
	count(unverified_download.deny) == 2 with input as facts([resource("package-source", {"unverified": ["strict-ssl"], "plain": ["registry"]})])
}

test_others_pass if {
	count(unverified_download.deny) == 0 with input as facts([
		resource("image-stage", {"habit": [{"habit": "fetch-and-run", "text": "curl x | sh"}]}),
		resource("package-source", {"extra-index": [{"plain": false}]}),
	])
}
