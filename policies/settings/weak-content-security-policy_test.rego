package stageclear.settings.weak_content_security_policy_test

import data.stageclear.settings.weak_content_security_policy

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

facts(settings) := {"settings": settings}

csp(policy) := setting("express", "headers.content-security-policy", literal(policy))

test_wildcards_and_inline_scripts_are_told if {
	found := weak_content_security_policy.warn with input as facts([
		csp("default-src * 'unsafe-inline'"),
		csp("default-src 'self'; script-src 'self' 'unsafe-inline'"),
	])
	{violation.msg | some violation in found} == {"the policy allows every origin", "the policy allows inline scripts"}
}

test_strict_policies_pass if {
	count(weak_content_security_policy.warn) == 0 with input as facts([
		csp("default-src 'self'; style-src 'self' 'unsafe-inline'; img-src *"),
		csp("script-src 'nonce-abc' 'unsafe-inline'"),
		csp("frame-ancestors 'none'"),
		setting("express", "headers.content-security-policy", {"kind": "unknown"}),
	])
}
