package stageclear.infrastructure.development_server_test

import data.stageclear.infrastructure.development_server

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_image_is_denied if {
	count(development_server.deny) == 1 with input as facts([resource("image-stage", {"final": [true], "dev-server": ["flask run"]})])
	count(development_server.deny) == 1 with input as facts([resource("process", {"dev-server": ["flask run"]})])
}

test_service_is_low if {
	found := development_server.warn with input as facts([resource("service", {"dev-server": ["npm run dev"]})])
	{violation.severity | some violation in found} == {"low"}
}

test_other_stages_and_servers_pass if {
	compliant := facts([
		resource("image-stage", {"dev-server": ["npm run dev"]}),
		resource("image-stage", {"final": [true], "start": ["gunicorn app:app"]}),
	])
	count(development_server.deny) == 0 with input as compliant
	count(development_server.warn) == 0 with input as compliant
}
