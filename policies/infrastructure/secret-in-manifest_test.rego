package stageclear.infrastructure.secret_in_manifest_test

import data.stageclear.infrastructure.secret_in_manifest

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

entry(placeholder) := {"name": "password", "placeholder": placeholder, "weak": false}

variable(secret) := {"name": "DB_PASSWORD", "value": "…", "secret": secret, "weak": false, "placeholder": false}

test_denied if {
	count(secret_in_manifest.deny) == 2 with input as facts([
		resource("cluster-secret", {"entry": [entry(false)]}),
		resource("container", {"variable": [variable(true)]}),
	])
}

test_placeholders_and_references_pass if {
	count(secret_in_manifest.deny) == 0 with input as facts([
		resource("cluster-secret", {"entry": [entry(true)]}),
		resource("container", {"variable": [variable(false)]}),
	])
}

test_names_and_places_are_no_secrets if {
	count(secret_in_manifest.deny) == 0 with input as facts([resource("cluster-secret", {"entry": [
		object.union(entry(false), {"name": "DB_USER"}),
		object.union(entry(false), {"name": "AWS_REGION"}),
		object.union(entry(false), {"name": "PACKAGE_NAME"}),
	]})])
	count(secret_in_manifest.deny) == 2 with input as facts([resource("cluster-secret", {"entry": [
		object.union(entry(false), {"name": "DB_PASSWORD"}),
		object.union(entry(false), {"name": "SESSION_TOKEN_HOST"}),
	]})])
}
