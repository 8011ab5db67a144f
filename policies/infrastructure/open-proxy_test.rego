package stageclear.infrastructure.open_proxy_test

import data.stageclear.infrastructure.open_proxy

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(open_proxy.deny) == 2 with input as facts([
		resource("web-location", {"proxy_pass": ["http://$1"]}),
		resource("web-location", {"proxy_pass": ["$arg_url"]}),
	])
}

test_named_upstreams_pass if {
	count(open_proxy.deny) == 0 with input as facts([
		resource("web-location", {"proxy_pass": ["http://api:8000/"]}),
		resource("web-location", {"proxy_pass": ["http://api/$1"]}),
		resource("web-location", {"proxy_pass": ["$upstream"]}),
		resource("web-location", {"proxy_pass": ["http://$1"], "guard": ["internal"]}),
	])
}
