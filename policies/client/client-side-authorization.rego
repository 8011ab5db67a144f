# METADATA
# scope: package
# title: Access is decided in the browser
# description: >-
#   Visitors can read and change whatever runs in their browser: a password that the code compares with is in the bundle,
#   and a role in the browser's storage is what they write there. Only a server can decide who may do what.
# related_resources:
#   - https://owasp.org/Top10/A01_2021-Broken_Access_Control/
# custom:
#   id: policy/client/client-side-authorization
#   severity: high
#   cwe: [602, 603, 798]
#   owasp: ["A01:2021", "A04:2021", "A07:2021"]
#   asvs: [v4.0.3-4.1.1, v5.0.0-8.3.1]
#   remedy: >-
#     let a server check the password against a hash and hand out a session, and check the session's role on every request
#   bad: |
#     if (password === "lighthouse9") setAdmin(true);
#   good: |
#     const session = await fetch("/api/session", { method: "POST", body: JSON.stringify({ password }) });
package stageclear.client.client_side_authorization

import data.stageclear.lib

deny contains violation if {
	some exposure in input.exposures
	lib.in_production(exposure)
	exposure.kind == "password-check"
	violation := {
		"title": "Password check in the browser",
		"msg": sprintf("`%s` is compared in the browser with what every visitor can read there", [exposure.name]),
		"location": exposure.location,
		"content": sprintf("password %s", [exposure.name]),
	}
}

# One place a file and key: the first.
stored := lib.grouped({[key, exposure.location] |
	some exposure in input.exposures
	lib.in_production(exposure)
	exposure.kind == "stored-role"
	key := [exposure.location.path, exposure.name, exposure.credential]
})

warn contains violation if {
	some key, locations in stored
	order := sort([[location.line, location.column, location] | some location in locations])
	role := key[2] == "secret"
	violation := {
		"title": "Role from the browser's storage",
		"msg": sprintf("`%s` comes from the browser's storage, where visitors write what they like", [key[1]]),
		"location": order[0][2],
		"severity": harm(role),
		"confidence": "medium",
		"content": sprintf("stored %s", [key[1]]),
	}
}

harm(role) := "medium" if role

harm(role) := "low" if not role
