# METADATA
# scope: package
# title: Missing authentication
# description: >-
#   A route that changes data without asking who calls can be called by everybody. Forgetting the check on one
#   route of many is the usual way that data gets lost.
# related_resources:
#   - https://owasp.org/Top10/A01_2021-Broken_Access_Control/
# custom:
#   id: policy/endpoints/missing-authentication
#   severity: medium
#   cwe: [306, 862]
#   owasp: ["A01:2021", "A07:2021"]
#   remedy: >-
#     add the app's authentication guard to the route, or give the route a name that says it is public
#   bad: |
#     @app.delete("/users/<int:id>")
#     def remove(id): ...
#   good: |
#     @app.delete("/users/<int:id>")
#     @login_required
#     def remove(id): ...
package stageclear.endpoints.missing_authentication

import data.stageclear.lib

guards := {"authentication", "authorization", "signature"}

# Frameworks of this project in which some route asks who calls.
authenticated := {endpoint.framework |
	some endpoint in lib.production_endpoints
	lib.guarded_by(endpoint, guards)
}

unguarded := [endpoint |
	some endpoint in lib.production_endpoints
	lib.changes_state(endpoint)
	not lib.guarded_by(endpoint, guards)
	not lib.public_by_design(endpoint.path)
	not lib.public_by_design(endpoint.handler)
]

label(endpoint) := sprintf("%s %s", [concat(",", endpoint.methods), endpoint.path])

destructive(endpoint) if "DELETE" in endpoint.methods

# Creating a user without being one is how people sign up.
destructive(endpoint) if {
	not sign_up(endpoint)
	some segment in split(lower(endpoint.path), "/")
	segment in {"admin", "users", "user", "roles", "permissions", "settings", "config", "payments", "refund", "transfer"}
}

sign_up(endpoint) if {
	endpoint.methods == ["POST"]
	regex.match(`/users?/?$`, lower(endpoint.path))
	not regex.match(`/(admin|private|internal|manage|management)/`, lower(endpoint.path))
}

severity(endpoint) := "high" if destructive(endpoint)

severity(endpoint) := "low" if {
	sign_up(endpoint)
	not destructive(endpoint)
}

severity(endpoint) := "medium" if {
	not sign_up(endpoint)
	not destructive(endpoint)
}

# Others of its kind are guarded: this one was forgotten.
deny contains violation if {
	some endpoint in unguarded
	endpoint.framework in authenticated
	violation := {
		"title": sprintf("Missing authentication on %s", [label(endpoint)]),
		"msg": sprintf("`%s` changes data without asking who calls, while other routes do", [label(endpoint)]),
		"location": endpoint.location,
		"severity": severity(endpoint),
		"confidence": "medium",
		"content": label(endpoint),
	}
}

# No route asks: perhaps something in front does. One remark for all.
routes[endpoint.framework] contains [endpoint.location.path, endpoint.location.line, label(endpoint), endpoint.location] if {
	some endpoint in unguarded
	not endpoint.framework in authenticated
}

warn contains violation if {
	some framework, set_of_routes in routes
	found := sort(set_of_routes)
	violation := {
		"title": "No route asks who calls",
		"msg": sprintf("%d state-changing %s route(s) have no authentication, such as `%s`", [count(found), framework, found[0][2]]),
		"location": found[0][3],
		"confidence": "low",
		"content": framework,
		"related": [{"location": route[3], "message": sprintf("`%s` is open to everybody", [route[2]])} |
			some index, route in found
			index > 0
			index <= 30
		],
	}
}
