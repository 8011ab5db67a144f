package stageclear.infrastructure.container_controls_host_test

import data.stageclear.infrastructure.container_controls_host

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

mount(source) := {"source": source, "read-only": true}

test_control_of_the_host_is_denied if {
	found := container_controls_host.deny with input as facts([
		resource("service", {"mount": [mount("/var/run/docker.sock")], "privileged": [true], "pid": ["host"], "cap_add": ["SYS_ADMIN"]}),
		object.union(
			resource("container", {"privileged": [true], "host-path": ["/var/run/docker.sock"], "hostNetwork": [true]}),
			{"name": "other"},
		),
	])
	count(found) == 7
	{violation.severity | some violation in found} == {"high", "medium"}
}

test_tools_are_medium if {
	found := container_controls_host.deny with input as facts([resource("service", {"image": ["traefik:v3"], "mount": [mount("/var/run/docker.sock")]})])
	{violation.severity | some violation in found} == {"medium"}
}

test_ordinary_services_pass if {
	compliant := facts([
		resource("service", {"mount": [mount("./data"), mount("/srv/docker.sock.txt")], "privileged": [false], "cap_add": ["NET_BIND_SERVICE"]}),
		resource("container", {"privileged": [false], "host-path": ["/data/app"]}),
	])
	count(container_controls_host.deny) == 0 with input as compliant
	count(container_controls_host.warn) == 0 with input as compliant
}
