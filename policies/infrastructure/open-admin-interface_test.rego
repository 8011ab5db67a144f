package stageclear.infrastructure.open_admin_interface_test

import data.stageclear.infrastructure.open_admin_interface

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

port(local) := {"address": "", "published": "8080", "target": "8080", "local": local}

test_denied if {
	count(open_admin_interface.deny) == 1 with input as facts([resource("web-server", {"admin": ["0.0.0.0:2019"]})])
	count(open_admin_interface.deny) == 1 with input as facts([resource("service", {"switch": ["--api.insecure=true"], "port": [port(false)]})])
}

test_local_passes if {
	count(open_admin_interface.deny) == 0 with input as facts([
		resource("web-server", {"admin": ["localhost:2019"]}),
		resource("service", {"switch": ["--api.insecure=true"], "port": [port(true)]}),
	])
}
