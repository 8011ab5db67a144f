# METADATA
# scope: package
# title: Missing CSRF protection
# description: >-
#   Browsers send session cookies with every request, also with one that another website makes. Without a token or
#   an origin check that website acts in the name of a visitor who is signed in.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
# custom:
#   id: policy/endpoints/missing-csrf
#   severity: medium
#   cwe: [352]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.2, v5.0.0-3.5.1]
#   remedy: >-
#     turn on the framework's protection once for the whole app (Flask-WTF `CSRFProtect(app)`, a CSRF middleware in
#     Express), and set the session cookie to `SameSite=Lax` or stricter
#   bad: |
#     @app.post("/transfer")
#     def transfer(): ...
#   good: |
#     csrf = CSRFProtect(app)
#
#     @app.post("/transfer")
#     def transfer(): ...
package stageclear.endpoints.missing_csrf

import data.stageclear.lib

# Django checks in a middleware that is on by default; `settings/csrf-middleware-removed` looks after it.
# Functions on another host get no cookies of the page.
checked_elsewhere := {"django", "djangorestframework", "deno"}

machine_segments := {"webhook", "webhooks", "hook", "hooks", "callback"}

for_machines(path) if {
	some segment in split(lower(path), "/")
	segment in machine_segments
}

unguarded := [endpoint |
	some endpoint in lib.production_endpoints
	lib.changes_state(endpoint)
	not endpoint.framework in checked_elsewhere
	not lib.guarded_by(endpoint, {"csrf"})
	not for_machines(endpoint.path)
	# Next.js compares the origin of calls of server actions with the host.
	not startswith(endpoint.path, "action:")
]

# Routes by framework and by how callers are recognised: one protection covers them all.
routes := lib.grouped({[[endpoint.framework, endpoint.session], [lib.site(endpoint).path, lib.site(endpoint).line, label(endpoint), lib.site(endpoint)]] |
	some endpoint in unguarded
})

label(endpoint) := sprintf("%s %s", [concat(",", endpoint.methods), endpoint.path])

related(found) := [{"location": route[3], "message": sprintf("`%s` is not protected", [route[2]])} |
	some index, route in found
	index > 0
	index <= 30
]

deny contains violation if {
	some [framework, "cookie"], set_of_routes in routes
	found := sort(set_of_routes)
	violation := {
		"title": "Missing CSRF protection",
		"msg": sprintf("%d state-changing %s route(s) with cookie sessions check no CSRF token, such as `%s`", [count(found), framework, found[0][2]]),
		"location": found[0][3],
		"severity": severity(framework),
		"confidence": "medium",
		"content": sprintf("%s cookie", [framework]),
		"related": related(found),
	}
}

# Browsers leave a cookie marked so out of what other sites send by POST.
same_site := {lower(value) |
	some setting in lib.production_settings
	setting.key in {"cookie.sameSite", "session.cookie.sameSite", "SESSION_COOKIE_SAMESITE", "session.same_site"}
	some value in lib.possible(setting)
	is_string(value)
}

kept_at_home if {
	count(same_site) > 0
	count(same_site - {"lax", "strict"}) == 0
}

# Libraries whose session cookies are marked so by themselves.
lax := {
	"next-auth", "@auth/core", "better-auth", "lucia", "iron-session", "@supabase/ssr", "@supabase/auth-helpers-nextjs",
	"@clerk/nextjs", "@auth0/nextjs-auth0", "@kinde-oss/kinde-auth-nextjs",
}

kept_by_library if {
	count(same_site) == 0
	some known in object.get(input, "packages", [])
	known.name in lax
}

severity(framework) := "low" if kept(framework)

severity(framework) := "medium" if not kept(framework)

# Who is made to sign in, sign up or sign out by another site loses little.
kept(framework) if {
	count([endpoint | some endpoint in unguarded; endpoint.framework == framework; endpoint.session == "cookie"; not entrance(endpoint)]) == 0
}

entrance(endpoint) if lib.is_for(endpoint, `^(login|log-in|signin|sign-in|register|signup|sign-up|logout|log-out|signout|sign-out|refresh|refresh-token|forgot-password|reset-password|verify-otp|send-otp)$`)

kept(_) if kept_at_home

kept(_) if kept_by_library

# Starlette marks its session and every cookie that is set by a response as `lax`, unless it is told otherwise.
kept(framework) if {
	framework in {"fastapi", "starlette"}
	not "none" in same_site
}

# How callers are recognised is not known: worth a thought where forms are usual.
warn contains violation if {
	some [framework, "unknown"], set_of_routes in routes
	framework in {"flask", "express"}
	not routes[[framework, "cookie"]]
	found := sort(set_of_routes)
	violation := {
		"title": "Consider adding CSRF middleware",
		"msg": sprintf("%d state-changing %s route(s) would need it if sessions are kept in cookies, such as `%s`", [count(found), framework, found[0][2]]),
		"location": found[0][3],
		"severity": "info",
		"confidence": "medium",
		"content": sprintf("%s unknown", [framework]),
		"related": related(found),
	}
}
