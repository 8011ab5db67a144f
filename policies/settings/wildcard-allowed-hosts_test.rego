package stageclear.settings.wildcard_allowed_hosts_test

import data.stageclear.settings.wildcard_allowed_hosts

at(line) := {"path": "settings.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

environment(fallback) := {"kind": "environment", "name": "VARIABLE", "default": fallback}

facts(settings) := {"settings": settings}

test_wildcard_is_denied if {
	found := wildcard_allowed_hosts.deny with input as facts([setting("django", "ALLOWED_HOSTS", literal(["*"]))])
	{violation.title | some violation in found} == {"ALLOWED_HOSTS=['*'] in production"}
}

test_default_text_with_wildcard_is_denied if {
	count(wildcard_allowed_hosts.deny) == 1 with input as facts([setting("django", "ALLOWED_HOSTS", environment("a.example,*"))])
}

test_named_hosts_pass if {
	count(wildcard_allowed_hosts.deny) == 0 with input as facts([
		setting("django", "ALLOWED_HOSTS", literal([".shop.example", "localhost"])),
		setting("django", "ALLOWED_HOSTS", literal([])),
		setting("django", "ALLOWED_HOSTS", {"kind": "unknown"}),
	])
}
