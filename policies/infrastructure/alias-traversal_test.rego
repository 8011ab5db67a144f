package stageclear.infrastructure.alias_traversal_test

import data.stageclear.infrastructure.alias_traversal

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

path(modifier, text) := {"modifier": modifier, "path": text}

test_denied if {
	count(alias_traversal.deny) == 1 with input as facts([resource("web-location", {"path": [path("", "/static")], "alias": ["/srv/static/"]})])
}

test_others_pass if {
	count(alias_traversal.deny) == 0 with input as facts([
		resource("web-location", {"path": [path("", "/static/")], "alias": ["/srv/static/"]}),
		resource("web-location", {"path": [path("", "/static")], "alias": ["/srv/static"]}),
		resource("web-location", {"path": [path("=", "/robots")], "alias": ["/srv/"]}),
		resource("web-location", {"path": [path("~", "^/static/(.*)$")], "alias": ["/srv/$1/"]}),
	])
}
