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

tool(image, local) := resource("service", {"image": [image], "port": [port(local)]})

test_tools_without_login_are_worse if {
	found := open_admin_interface.deny with input as facts([tool("rediscommander/redis-commander:latest", false)])
	{violation.severity | some violation in found} == {"medium"}
	other := open_admin_interface.deny with input as facts([tool("adminer", false)])
	{violation.severity | some violation in other} == {"low"}
}

test_tools_on_this_host_and_others_pass if {
	count(open_admin_interface.deny) == 0 with input as facts([tool("adminer:4", true), tool("postgres:16", false)])
}
