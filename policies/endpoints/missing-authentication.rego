# METADATA
# scope: package
# title: Missing authentication
# description: >-
#   A route that changes data or costs money without asking who calls can be called by everybody. Forgetting the check
#   on one route of many is the usual way that data gets lost.
# related_resources:
#   - https://owasp.org/Top10/A01_2021-Broken_Access_Control/
# custom:
#   id: policy/endpoints/missing-authentication
#   severity: medium
#   cwe: [306, 862]
#   owasp: ["A01:2021", "A07:2021"]
#   asvs: [v4.0.3-4.1.1, v5.0.0-8.2.1, v5.0.0-8.3.1]
#   parameters:
#     public_routes:
#       default: []
#       tighter: fewer
#       description: globs of paths that are for everybody, such as `/status/*`
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

# Routes that should ask, by framework.
concerned := [endpoint |
	some endpoint in lib.production_endpoints
	not administration(endpoint)
	not unread(endpoint)
	concerns(endpoint)
	not open_to_all(endpoint)
]

# What answers was made elsewhere, and was not read.
unread(endpoint) if "the handler is made elsewhere" in object.get(endpoint, "unknown", [])

unread(endpoint) if "it only answers that this is not served" in object.get(endpoint, "unknown", [])

# The same route made ready for a second host: what it hands its requests to is told where it stands.
unread(endpoint) if {
	endpoint.framework == "pages-functions"
	some other in lib.production_endpoints
	other.framework == "vercel"
	other.path == endpoint.path
	does := lib.effects_of(endpoint, harmful | {"read"})
	count(does) > 0
	count([effect | some effect in does; effect.location.path == lib.site(endpoint).path]) == 0
}

# Events of a socket's server that nobody sends.
unread(endpoint) if {
	"WEBSOCKET" in endpoint.methods
	endpoint.path in {"/error", "/listening", "/close", "/headers"}
}

all_of := lib.grouped({[endpoint.framework, [lib.site(endpoint).path, lib.site(endpoint).line, lib.label(endpoint)]] |
	some endpoint in concerned
})

asking_of := lib.grouped({[endpoint.framework, [lib.site(endpoint).path, lib.site(endpoint).line, lib.label(endpoint)]] |
	some endpoint in concerned
	lib.asks_who(endpoint)
})

asked := {endpoint.framework |
	some endpoint in lib.production_endpoints
	lib.asks_who(endpoint)
}

# Frameworks of this project in which at least half of the routes ask who calls: one that does not was forgotten.
authenticated := {framework |
	some framework in asked
	all := object.get(all_of, framework, set())
	count(object.get(asking_of, framework, set())) * 2 >= count(all)
}

# In a large project where hardly any guard is seen, guards are of a kind that is not known: one remark says so.
unseen := {framework |
	some framework, all in all_of
	not framework in authenticated
	count(all) - count(object.get(asking_of, framework, set())) > 25
}

harmful := {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write", "upload", "password"}

# What must not be open even to readers.
private_words := `^(admin|export|backup|backups|dump|users?|customers?|accounts?|invoices?|payments?|logs?|secrets?|credentials|api-keys?|internal|debug|env|config|settings)$`

# Each with how grave it is, which several rules ask for.
graded := [{"endpoint": endpoint, "severity": severity(endpoint)} | some endpoint in unguarded]

unguarded := [endpoint |
	some endpoint in concerned
	not lib.asks_who(endpoint)
	not for_known(endpoint)
]

# Whatever it does stands in branches that only callers who are known come to.
for_known(endpoint) if {
	not "DELETE" in endpoint.methods
	effects := lib.effects_of(endpoint, harmful)
	count(effects) > 0
	count([effect | some effect in effects; not object.get(effect, "for_known", false)]) == 0
}

open_to_all(endpoint) if {
	lib.public_by_design(endpoint.path)
	not makes_administrator(endpoint)
	not searches_persons(endpoint)
	not sets_state(endpoint)
}

# `PATCH /orders/:id/status` sets the state of one of many; the state of the service is for everybody.
sets_state(endpoint) if {
	lib.changes_state(endpoint)
	lib.does(endpoint, {"write", "delete"})
	regex.match(`/[:{<\[][^/]*/status/?$`, endpoint.path)
}

# A search is for everybody, but not one for customers.
searches_persons(endpoint) if {
	personal_read(endpoint)
	endswith(endpoint.path, "/search")
}

open_to_all(endpoint) if {
	lib.public_by_design(endpoint.handler)
	not makes_administrator(endpoint)
}

# Who logs in is not logged in.
open_to_all(endpoint) if lib.is_login_view(endpoint)

# Guests are let in on purpose: somebody put a guard before it that asks nobody.
open_to_all(endpoint) if {
	some name in object.get(endpoint, "middleware", [])
	regex.match(`(?i)(^|[._/])(optional|maybe|soft|try)_?\w*(auth|user|jwt|token|session)|(auth|user|jwt|session)\w*_?optional`, name)
	not lib.is_for(endpoint, `^admin`)
	not makes_administrator(endpoint)
}

# Actions have no address: the folder they are kept in and their names tell.
open_to_all(endpoint) if {
	startswith(endpoint.path, "action:")
	some segment in split(lower(endpoint.location.path), "/")
	segment in {"login", "signin", "sign-in", "signup", "sign-up", "register", "forgot-password", "reset-password", "verify-email", "onboard"}
	not makes_administrator(endpoint)
}

open_to_all(endpoint) if {
	some name in [endpoint.handler, trim_prefix(endpoint.path, "action:")]
	regex.match(entrance, name)
	not makes_administrator(endpoint)
}

# Names of what people do who are not logged in, or who show a token instead.
entrance := `(?i)(password[-_]?reset|reset[-_]?password|forgot[-_]?password|(send|resend|verify)[-_]?(otp|magic|code)|magic[-_]?link|sign[-_]?(up|in|out)(action|user|with)?$|create[-_]?user[-_]?account|(verify|confirm|cancel)[-_]?email|unsubscribe|(with|by)[-_]?(\w*)token$)`

# Signing up as an administrator is not for everybody.
makes_administrator(endpoint) if {
	lib.is_for(endpoint, `^(admin|superadmin|administrator)s?$`)
	lib.is_for(endpoint, `^(register|registration|signup|sign-up|create|setup)`)
}

# Django's own administration asks by itself.
administration(endpoint) if {
	endpoint.framework == "django"
	endpoint.handler == "admin.site.urls"
}

concerns(endpoint) if {
	lib.changes_state(endpoint)
	not startswith(endpoint.path, "action:")
}

concerns(endpoint) if lib.does(endpoint, {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write"})

concerns(endpoint) if private_read(endpoint)

concerns(endpoint) if forgotten_reader(endpoint)

concerns(endpoint) if open_socket(endpoint)

reads(endpoint) if {
	some method in endpoint.methods
	method in {"GET", "QUERY"}
}

private_read(endpoint) if {
	reads(endpoint)
	hands_out(endpoint)
	segments := [segment | some segment in split(lower(endpoint.path), "/"); segment != ""]
	regex.match(private_words, segments[count(segments) - 1])
}

private_read(endpoint) if personal_read(endpoint)

hands_out(endpoint) if lib.does(endpoint, {"read"})

# A page that is a file tells nothing of single persons.
hands_out(endpoint) if {
	lib.does(endpoint, {"file-read"})
	lib.is_for(endpoint, `^(export|backup|backups|dump|logs?|secrets?|credentials)|download`)
}

# Everybody who has an account, with nothing that chooses among them.
private_read(endpoint) if {
	reads(endpoint)
	endpoint.framework in asked
	some effect in lib.effects_of(endpoint, {"read"})
	not effect.chosen_by
	regex.match(`(?i)(^|\.)(users?|customers?|accounts?|usuarios?|clientes?)\.(query\.all|objects\.(all|values)|findAll|findMany|find_all|all)$`, effect.name)
	regex.match(`/(users?|customers?|accounts?|usuarios?|clientes?|people|directory)(/(all|list))?/?$`, lower(endpoint.path))
}

# Rows of persons and of what they buy; profiles below `/users` are public in many an app.
personal_read(endpoint) if {
	reads(endpoint)
	lib.does(endpoint, {"read"})
	some segment in split(lower(endpoint.path), "/")
	some word in array.concat([segment], split(replace(segment, "_", "-"), "-"))
	word in {
		"customer", "customers", "clients", "member", "members", "patients", "orders", "invoices", "quotations", "bookings",
		"appointments", "reservations", "leads", "payments", "transactions", "applicants", "subscribers", "employees",
		"checkins", "contacts", "messages", "donors", "guests", "students", "usuario", "usuarios", "cliente", "clientes", "paciente", "pacientes", "pedidos", "pagos", "pagamentos",
		"facturas", "faturas", "alumnos", "alunos", "empleados", "funcionarios", "kunden", "benutzer", "patienten",
	}
}

private_read(endpoint) if {
	reads(endpoint)
	lib.does(endpoint, {"read", "file-read"})
	some segment in split(lower(endpoint.path), "/")
	segment in {"admin", "internal", "backoffice", "debug"}
}

destructive(endpoint) if endpoint.methods == ["DELETE"]

destructive(endpoint) if {
	"DELETE" in endpoint.methods
	lib.does(endpoint, harmful)
}

# What is deleted far below a handler is often its own: a session, an agent, an entry of a cache.
destructive(endpoint) if near(endpoint, {"command", "delete"})

# Money that moves; asking a payment service for a page to pay at, or for what is known there, moves none.
destructive(endpoint) if {
	some effect in lib.effects_of(endpoint, {"payment"})
	not regex.match(`(?i)checkout|portal|retrieve|list|search`, effect.name)
	not lib.public_form(endpoint)
}

# near(endpoint, kinds): whether it does so in the file that declares it, or in that of its handler.
near(endpoint, kinds) if {
	some effect in lib.effects_of(endpoint, kinds)
	not regex.match(`^(r|rr|redis[a-z_]*|([a-z_]+_)?cache)[.]`, lower(effect.name))
	effect.location.path in {endpoint.location.path, lib.handled(endpoint).path}
}

destructive(endpoint) if makes_administrator(endpoint)

# Creating a user without being one is how people sign up.
destructive(endpoint) if {
	lib.changes_state(endpoint)
	acts(endpoint)
	not sign_up(endpoint)
	some segment in split(lower(endpoint.path), "/")
	segment in {"admin", "users", "user", "roles", "permissions", "settings", "config", "payments", "refund", "transfer"}
}

# By its method alone a route may well only read: `POST /users/check_email`, or one that answers every method.
acts(endpoint) if lib.does(endpoint, harmful)

acts(endpoint) if {
	some method in endpoint.methods
	method in {"PUT", "PATCH"}
}

sign_up(endpoint) if {
	endpoint.methods == ["POST"]
	regex.match(`/users?/?$`, lower(endpoint.path))
	not regex.match(`/(admin|private|internal|manage|management)/`, lower(endpoint.path))
}

# Nothing shows what it does, and neither do its names.
harmless(endpoint) if {
	not lib.does(endpoint, harmful)
	not destructive(endpoint)
	not private_read(endpoint)
	not forgotten_reader(endpoint)
	not open_socket(endpoint)
	not method_changes(endpoint)
	not lib.is_for(endpoint, `^(create|add|update|edit|delete|remove|set|save|upload|send|start|stop|run|execute|trigger|import|approve|assign|post)`)
}

method_changes(endpoint) if {
	some method in endpoint.methods
	method in {"PUT", "PATCH", "DELETE"}
}

severity(endpoint) := "high" if high(endpoint)

severity(endpoint) := "low" if {
	sign_up(endpoint)
	not destructive(endpoint)
}

severity(endpoint) := "low" if {
	lib.public_form(endpoint)
	not sign_up(endpoint)
	not destructive(endpoint)
}

severity(endpoint) := "low" if {
	harmless(endpoint)
	not sign_up(endpoint)
	not lib.public_form(endpoint)
}

severity(endpoint) := "medium" if {
	not sign_up(endpoint)
	not harmless(endpoint)
	not high(endpoint)
	not quiet_form(endpoint)
}

quiet_form(endpoint) if {
	lib.public_form(endpoint)
	not destructive(endpoint)
}

# Three of four routes of the framework that read data ask who calls: one that does not was forgotten.
readers := lib.grouped({[endpoint.framework, [lib.label(endpoint), lib.asks(endpoint)]] |
	some endpoint in lib.production_endpoints
	reads(endpoint)
	lib.does(endpoint, {"read"})
})

guarded_by_rule := {framework |
	some framework, found in readers
	asking := count([1 | some reader in found; reader[1]])
	count(found) >= 6
	asking * 4 >= count(found) * 3
}

forgotten_reader(endpoint) if {
	reads(endpoint)
	lib.does(endpoint, {"read"})
	endpoint.framework in guarded_by_rule
	not declared_open(endpoint)
}

# Somebody wrote at the route that it is for everybody: it was not forgotten.
declared_open(endpoint) if {
	some name in object.get(endpoint, "middleware", [])
	regex.match(`(?i)^(is_?)?(public(_?route)?|skip_?auth\w*|allow_?(anonymous|any|unauthori[sz]ed\w*)|no_?auth)$`, name)
}

# A socket stays open: whoever opens it hears and says what users do.
open_socket(endpoint) if {
	count(asked) > 0
	endpoint.methods == ["EVENT"]
	lib.is_for(endpoint, `^(connection|connect)$`)
}

open_socket(endpoint) if {
	count(asked) > 0
	"WEBSOCKET" in endpoint.methods
}

high(endpoint) if {
	destructive(endpoint)
	endpoint.framework in authenticated
	not doubtful(endpoint)
	# What makes routes out of what it is given has their checks handed in as well.
	endpoint.path != "/{unknown}"
}

# Something that was not read may ask, or whose the object is is asked.
doubtful(endpoint) if lib.guarded_by(endpoint, {"ownership"})

# The same declaration asks where it is mounted elsewhere.
doubtful(endpoint) if [endpoint.location, lib.label(endpoint)] in asking_places

asking_places contains [endpoint.location, lib.label(endpoint)] if {
	some endpoint in lib.production_endpoints
	lib.guarded_by(endpoint, {"authentication"})
}

# Where so many routes do not ask, something asks that was not read.
doubtful(endpoint) if {
	all := object.get(all_of, endpoint.framework, set())
	count(all) - count(object.get(asking_of, endpoint.framework, set())) > 20
}

# Who knows the address shows a key.
doubtful(endpoint) if regex.match(`[:<{\[]([a-z]+:)?[a-z0-9_]*(token|secret|signature|hash|otp|nonce|api_?key)[>}\]]?(/|$)`, lower(endpoint.path))

# Other services call it, and the name of what stands before it says that it knows them.
doubtful(endpoint) if regex.match(`webhook|callback|(^|[/_-])(return|notify|ipn)([/_-]|$)`, lower(endpoint.path))

doubtful(endpoint) if lib.unread_guard(endpoint)

# Events of a socket that was let in when it connected.
doubtful(endpoint) if endpoint.methods == ["EVENT"]

doubtful(endpoint) if {
	some why in object.get(endpoint, "unknown", [])
	regex.match(`not resolved|decides by the path|chooses`, why)
}

what(endpoint) := sprintf(" (%s at line %d)", [effect.name, effect.location.line]) if {
	found := lib.effects_of(endpoint, harmful)
	effect := found[0]
	effect.location.path == endpoint.location.path
} else := ""

# Others of its kind are guarded: this one was forgotten.
deny contains violation if {
	some {"endpoint": endpoint, "severity": grade} in graded
	endpoint.framework in authenticated
	violation := {
		"title": sprintf("Missing authentication on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` changes or hands out data without asking who calls, while other routes do%s", [lib.label(endpoint), what(endpoint)]),
		"location": lib.site(endpoint),
		"severity": grade,
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# No route asks: perhaps something in front does. What does harm is told one by one.
warn contains violation if {
	some {"endpoint": endpoint, "severity": grade} in graded
	grade != "low"
	not endpoint.framework in authenticated
	not endpoint.framework in unseen
	not of_page(endpoint)
	not only_asks_a_model(endpoint)
	not counts_views(endpoint)
	violation := {
		"title": sprintf("Missing authentication on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` changes or hands out data, and no %s route asks who calls%s", [lib.label(endpoint), endpoint.framework, what(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# One of many is shown, and that it was is noted.
counts_views(endpoint) if {
	endpoint.methods == ["GET"]
	not private_read(endpoint)
	not lib.does(endpoint, harmful - {"write"})
	some effect in lib.effects_of(endpoint, {"read"})
	effect.chosen_by
}

# A model that anybody may ask where nothing is guarded at all: `unlimited-paid-call` tells it.
only_asks_a_model(endpoint) if {
	lib.does(endpoint, {"llm"})
	not lib.does(endpoint, harmful - {"llm"})
	not lib.guarded_by(endpoint, {"rate-limit"})
}

# What a site tells of itself where nothing is guarded at all.
of_page(endpoint) if {
	endpoint.methods == ["GET"]
	lib.is_for(endpoint, `^(settings|config|site-settings|get-(site-)?settings|get-config)$`)
	not lib.does(endpoint, harmful)
}

# The rest in one remark.
routes := lib.grouped({[endpoint.framework, [lib.site(endpoint).path, lib.site(endpoint).line, lib.label(endpoint), lib.site(endpoint)]] |
	some endpoint in in_one_remark
})

in_one_remark contains endpoint if {
	some {"endpoint": endpoint, "severity": "low"} in graded
	not endpoint.framework in authenticated
}

in_one_remark contains endpoint if {
	some endpoint in unguarded
	endpoint.framework in unseen
}

warn contains violation if {
	some framework, set_of_routes in routes
	found := sort(set_of_routes)
	violation := {
		"title": "Routes that show no authentication",
		"msg": sprintf("%d %s route(s) show no authentication that is known, such as `%s`", [count(found), framework, found[0][2]]),
		"location": found[0][3],
		"severity": "low",
		"confidence": "low",
		"content": framework,
		"related": [{"location": route[3], "message": sprintf("`%s` is open to everybody", [route[2]])} |
			some index, route in found
			index > 0
			index <= 30
		],
	}
}
