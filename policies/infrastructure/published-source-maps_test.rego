package stageclear.infrastructure.published_source_maps_test

import data.stageclear.infrastructure.published_source_maps

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	count(published_source_maps.warn) == 1 with input as facts([resource("build-config", {"productionBrowserSourceMaps": [true]})])
}

test_others_pass if {
	count(published_source_maps.warn) == 0 with input as facts([resource("build-config", {"ignoreBuildErrors": [true]})])
}
