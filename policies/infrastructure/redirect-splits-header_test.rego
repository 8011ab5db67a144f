package stageclear.infrastructure.redirect_splits_header_test

import data.stageclear.infrastructure.redirect_splits_header

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(redirect_splits_header.deny) == 1 with input as facts([resource("web-server", {"return": ["301 https://$host$uri"]})])
}

test_encoded_passes if {
	count(redirect_splits_header.deny) == 0 with input as facts([
		resource("web-server", {"return": ["301 https://$host$request_uri"]}),
		resource("web-location", {"return": ["200 $uri"]}),
	])
}
