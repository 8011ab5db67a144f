# METADATA
# scope: package
# title: Anybody who is logged in may do what administrators do
# description: >-
#   A route for administrators that asks only whether somebody is logged in is open to every user who signs up.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/
# custom:
#   id: policy/endpoints/missing-authorization
#   severity: high
#   cwe: [285, 862]
#   owasp: ["A01:2021", "API5:2023"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.1]
#   remedy: >-
#     check the caller's role on the server, on this route or on the router that it belongs to
#   bad: |
#     router.delete("/admin/users/:id", requireLogin, removeUser);
#   good: |
#     router.delete("/admin/users/:id", requireLogin, requireRole("admin"), removeUser);
package stageclear.endpoints.missing_authorization

import data.stageclear.lib

for_administrators(endpoint) if lib.is_for(endpoint, `^(admin|administration|superadmin|super-admin|backoffice)$|^admin-`)

for_administrators(endpoint) if regex.match(`(^|/)admin(istration)?[./]`, endpoint.location.path)

deny contains violation if {
	some endpoint in lib.production_endpoints
	for_administrators(endpoint)
	# Django's own administration looks after itself.
	not endpoint.framework == "django"
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "ownership"})
	not lib.is_for(endpoint, `^(login|logout|me|profile|session|password|register|signin|sign-in)$`)
	# It is the question itself: whether the caller is an administrator.
	not regex.match(`^(is|has|can)[A-Z_]`, endpoint.handler)
	violation := {
		"title": sprintf("Missing authorization on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` is for administrators, and asks only whether somebody is logged in", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": severity(endpoint),
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

severity(endpoint) := "high" if lib.changes_state(endpoint)

severity(endpoint) := "medium" if not lib.changes_state(endpoint)

# Pages of administrators that leave the asking to their layout.
deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "layout-only"
	lib.in_production(disclosure)
	violation := {
		"title": "Only the layout guards this page",
		"msg": "the page reads data and leaves it to the layout to ask for a role; a layout is not asked again between pages, so ask in the page or where the data are read",
		"location": disclosure.location,
		"severity": "medium",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
