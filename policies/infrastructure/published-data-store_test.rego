package stageclear.infrastructure.published_data_store_test

import data.stageclear.infrastructure.published_data_store

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

port(address, published, target, local) := {"address": address, "published": published, "target": target, "local": local}

test_published_stores_are_denied if {
	found := published_data_store.deny with input as facts([resource("service", {"port": [port("", "5432", "5432", false)]})])
	{violation.severity | some violation in found} == {"medium"}
	count(published_data_store.deny) == 1 with input as facts([resource("service", {"port": [port("0.0.0.0", "6380", "6379", false)]})])
}

test_development_files_count_less if {
	found := published_data_store.deny with input as facts([resource("service", {"other-for-production": [true], "port": [port("", "5432", "5432", false)]})])
	{violation.severity | some violation in found} == {"low"}
}

test_daemons_are_high if {
	found := published_data_store.deny with input as facts([resource("service", {"port": [port("", "2375", "2375", false)]})])
	{violation.severity | some violation in found} == {"high"}
}

test_local_and_other_ports_pass if {
	count(published_data_store.deny) == 0 with input as facts([resource("service", {"port": [
		port("127.0.0.1", "5432", "5432", true),
		port("", "8080", "80", false),
	]})])
	count(published_data_store.deny) == 0 with input as facts([resource("service", {"image": ["postgres:16"]})])
}
