package stageclear.infrastructure.native_access_from_page_test

import data.stageclear.infrastructure.native_access_from_page

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(native_access_from_page.deny) == 2 with input as facts([resource("app-manifest", {"native-access": ["tauri.allowlist.all"], "remote-access": ["https://*"]})])
	count(native_access_from_page.warn) == 2 with input as facts([resource("app-manifest", {"no-csp": [true], "debuggable": ["debuggable"]})])
}

test_others_pass if {
	compliant := facts([resource("app-manifest", {"csp": ["default-src 'self'"]})])
	count(native_access_from_page.deny) == 0 with input as compliant
	count(native_access_from_page.warn) == 0 with input as compliant
}
