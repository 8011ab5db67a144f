package stageclear.infrastructure.store_without_password_test

import data.stageclear.infrastructure.store_without_password

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

port(local) := {"address": "", "published": "6379", "target": "6379", "local": local}

variable(name, value) := {"name": name, "value": value, "secret": false, "weak": false, "placeholder": false}

test_published_store_without_password_is_denied if {
	count(store_without_password.deny) == 1 with input as facts([resource("service", {"image": ["redis:7"], "port": [port(false)]})])
	count(store_without_password.deny) == 1 with input as facts([resource("service", {"image": ["mongo"], "port": [port(false)]})])
}

test_trust_is_denied if {
	found := store_without_password.deny with input as facts([resource("service", {"image": ["postgres:16"], "variable": [variable("POSTGRES_HOST_AUTH_METHOD", "trust")]})])
	{violation.severity | some violation in found} == {"medium"}
}

test_passwords_and_local_ports_pass if {
	count(store_without_password.deny) == 0 with input as facts([
		resource("service", {"image": ["redis:7"], "port": [port(true)]}),
		resource("service", {"image": ["redis:7"]}),
		resource("service", {"image": ["redis:7"], "port": [port(false)], "switch": ["--requirepass"]}),
		resource("service", {"image": ["mongo:7"], "port": [port(false)], "variable": [variable("MONGO_INITDB_ROOT_USERNAME", "app")]}),
		resource("service", {"image": ["mongo-express"], "port": [port(false)]}),
	])
}
