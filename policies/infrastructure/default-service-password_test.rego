package stageclear.infrastructure.default_service_password_test

import data.stageclear.infrastructure.default_service_password

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

variable(name, value, weak) := {"name": name, "value": value, "secret": true, "weak": weak, "placeholder": false}

test_known_passwords_are_denied if {
	count(default_service_password.deny) == 2 with input as facts([resource("service", {"variable": [
		variable("GF_SECURITY_ADMIN_PASSWORD", "…", true),
		variable("MINIO_ROOT_PASSWORD", "minioadmin", false),
	]})])
}

test_others_pass if {
	count(default_service_password.deny) == 0 with input as facts([resource("service", {"variable": [
		variable("GF_SECURITY_ADMIN_PASSWORD", "k8f7…(24)", false),
		variable("POSTGRES_PASSWORD", "…", true),
	]})])
}
