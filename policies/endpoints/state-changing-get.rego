# METADATA
# scope: package
# title: GET request changes data
# description: >-
#   Browsers, crawlers and link previews follow GET addresses by themselves, and no CSRF token protects them: an image
#   in a foreign page is enough to make a user delete something.
# related_resources:
#   - https://www.rfc-editor.org/rfc/rfc9110#name-safe-methods
# custom:
#   id: policy/endpoints/state-changing-get
#   severity: medium
#   cwe: [352, 650]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.2, v4.0.3-13.2.1, v5.0.0-3.5.3]
#   remedy: >-
#     answer POST or DELETE instead, with the app's CSRF protection
#   bad: |
#     @app.route("/notes/<int:id>/delete")
#     def remove(id): ...
#   good: |
#     @app.post("/notes/<int:id>/delete")
#     def remove(id): ...
package stageclear.endpoints.state_changing_get

import data.stageclear.lib

deny contains violation if {
	some endpoint in lib.production_endpoints
	answers_links(endpoint)
	not lib.is_for(endpoint, `callback|verify|confirm|activate|unsubscribe|webhook|cron|oauth|logout|magic|track|health`)
	effect := changing(endpoint)
	violation := {
		"title": sprintf("GET request changes data: %s", [endpoint.path]),
		"msg": sprintf("following the link `%s` is enough for `%s`", [endpoint.path, effect.name]),
		"location": lib.site(endpoint),
		"severity": severity(endpoint, effect),
		"confidence": "medium",
		"content": lib.label(endpoint),
		"related": [{"location": effect.location, "message": sprintf("`%s`", [effect.name])}],
	}
}

# A route for GET alone; a view of Django that does not say which methods it takes; a part of a handler that runs on GET.
answers_links(endpoint) if "GET" in endpoint.methods

answers_links(endpoint) if {
	endpoint.methods == ["ANY"]
	startswith(endpoint.framework, "django")
}

# Functions of hosts are asked with every method: one that reads no body and tells no methods apart, or has a part for GET.
answers_links(endpoint) if {
	endpoint.methods == ["ANY"]
	endpoint.framework in {"pages-functions", "vercel", "netlify", "next-pages", "deno", "firebase", "azure", "aws-lambda"}
	lib.does(endpoint, {"write", "delete"})
}

by_link(endpoint, kinds) := [effect |
	some effect in lib.effects_of(endpoint, kinds)
	on := object.get(effect, "only_on", "")
	on != "POST"
	surely(endpoint, on)
]

surely(endpoint, _) if endpoint.methods in [["GET"], ["ANY"]]

surely(endpoint, on) if {
	not endpoint.methods in [["GET"], ["ANY"]]
	on == "GET"
}

worse := {"delete", "payment", "mail", "message"}

# Deleting, paying and mailing by a link; and writing where the route is named for it.
changing(endpoint) := effect if effect := by_link(endpoint, worse)[0]

changing(endpoint) := effect if {
	count(by_link(endpoint, worse)) == 0
	lib.is_for(endpoint, sprintf("%s|%s", [grave, slight]))
	effect := by_link(endpoint, {"write"})[0]
}

grave := `^(delete|remove|add|create|update|edit|set|approve|reject|cancel|accept|complete|enable|disable|activate|deactivate|promote|ban|reset|clear|enroll|settle|redeem|claim|transfer|import|seed|revoke)`

# What somebody is tricked into here is a nuisance.
slight := `^(toggle|mark|like|unlike|follow|unfollow|bookmark|favou?rite|vote|upvote|downvote|join|leave|handle|subscribe|invite|read)([-_]|$)`

severity(endpoint, effect) := "medium" if {
	endpoint.session == "cookie"
	not nuisance(endpoint, effect)
}

severity(endpoint, _) := "low" if endpoint.session != "cookie"

severity(endpoint, effect) := "low" if nuisance(endpoint, effect)

nuisance(endpoint, effect) if {
	effect.kind == "write"
	not lib.is_for(endpoint, grave)
}

# Logging somebody out by a link is a nuisance, no more.
warn contains violation if {
	some endpoint in lib.production_endpoints
	endpoint.methods == ["GET"]
	endpoint.session == "cookie"
	lib.is_for(endpoint, `^(logout|log-out|signout|sign-out)$`)
	violation := {
		"title": sprintf("A link logs users out: %s", [endpoint.path]),
		"msg": sprintf("an image with the address `%s` in any page is enough to end a session", [endpoint.path]),
		"location": lib.site(endpoint),
		"severity": "low",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}
