package stageclear.infrastructure.cleartext_traffic_test

import data.stageclear.infrastructure.cleartext_traffic

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(cleartext_traffic.deny) == 1 with input as facts([resource("app-manifest", {"cleartext": ["usesCleartextTraffic"]})])
	count(cleartext_traffic.deny) == 1 with input as facts([resource("app-manifest", {"plain-url": ["http://app.example"]})])
}

test_others_pass if {
	count(cleartext_traffic.deny) == 0 with input as facts([resource("app-manifest", {"plain-url": ["http://192.168.1.5:5173"]})])
}
