package stageclear.infrastructure.open_image_proxy_test

import data.stageclear.infrastructure.open_image_proxy

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(open_image_proxy.deny) == 1 with input as facts([resource("build-config", {"image-host": ["**"]})])
}

test_named_hosts_pass if {
	count(open_image_proxy.deny) == 0 with input as facts([resource("build-config", {})])
}
