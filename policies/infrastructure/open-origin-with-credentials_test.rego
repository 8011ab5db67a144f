package stageclear.infrastructure.open_origin_with_credentials_test

import data.stageclear.infrastructure.open_origin_with_credentials

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

header(name, value) := {"name": name, "value": value}

test_reflection_is_denied if {
	count(open_origin_with_credentials.deny) == 1 with input as facts([resource("web-location", {"header": [
		header("access-control-allow-origin", "$http_origin"),
		header("access-control-allow-credentials", "true"),
	]})])
}

test_others_pass if {
	count(open_origin_with_credentials.deny) == 0 with input as facts([
		resource("web-location", {"header": [header("access-control-allow-origin", "$allowed"), header("access-control-allow-credentials", "true")]}),
		resource("web-location", {"header": [header("access-control-allow-origin", "*")]}),
	])
}
