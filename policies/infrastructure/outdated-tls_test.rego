package stageclear.infrastructure.outdated_tls_test

import data.stageclear.infrastructure.outdated_tls

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(outdated_tls.deny) == 1 with input as facts([resource("web-server", {"protocol": ["TLSv1", "TLSv1.2"]})])
}

test_modern_passes if {
	count(outdated_tls.deny) == 0 with input as facts([resource("web-server", {"protocol": ["TLSv1.2", "TLSv1.3"]})])
}
