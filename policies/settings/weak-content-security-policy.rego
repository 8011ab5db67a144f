# METADATA
# scope: package
# title: Content security policy that allows scripts from anywhere
# description: >-
#   A content security policy is the last wall against injected scripts. One that allows inline scripts, `eval` or every
#   origin holds none of them back.
# custom:
#   id: policy/settings/weak-content-security-policy
#   severity: low
#   cwe: [1021, 79]
#   owasp: ["A05:2021", "A03:2021"]
#   asvs: [v4.0.3-14.4.3, v5.0.0-3.4.3]
#   remedy: >-
#     allow scripts by nonce or hash, and name the origins they come from
#   bad: |
#     Content-Security-Policy: default-src * 'unsafe-inline' 'unsafe-eval'
#   good: |
#     Content-Security-Policy: default-src 'self'
package stageclear.settings.weak_content_security_policy

import data.stageclear.lib

# The part that scripts are judged by: `script-src`, else `default-src`.
scripts(policy) := array.concat(directives(policy, "script-src "), directives(policy, "default-src "))[0]

directives(policy, name) := [part |
	some directive in split(policy, ";")
	part := trim_space(directive)
	startswith(part, name)
]

fault(part) := "every origin" if "*" in split(part, " ")

fault(part) := "inline scripts" if {
	not "*" in split(part, " ")
	contains(part, "'unsafe-inline'")
	not contains(part, "'nonce-")
	not contains(part, "'strict-dynamic'")
	not contains(part, "'sha")
}

warn contains violation if {
	some setting in lib.effective_settings
	setting.key == "headers.content-security-policy"
	some policy in lib.possible(setting)
	is_string(policy)
	reason := fault(scripts(lower(policy)))
	violation := {
		"title": "Content security policy without effect on scripts",
		"msg": sprintf("the policy allows %s", [reason]),
		"location": setting.location,
		"confidence": "medium",
		"content": sprintf("csp %s", [reason]),
	}
}
