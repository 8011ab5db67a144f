package stageclear.infrastructure.directory_listing_test

import data.stageclear.infrastructure.directory_listing

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	count(directory_listing.warn) == 1 with input as facts([resource("web-location", {"autoindex": [true]})])
}

test_off_and_guarded_pass if {
	count(directory_listing.warn) == 0 with input as facts([
		resource("web-location", {"autoindex": [false]}),
		resource("web-location", {"autoindex": [true], "guard": ["auth_basic"]}),
	])
}
