# What policies share: production settings and their possible values, severities, routes.
#
# Users may import it: `import data.stageclear.lib`.
package stageclear.lib

# What `[policy.parameters]` of stageclear.toml, or the organisation, sets.
default _config := {}

_config := data.config if is_object(data.config)

# parameter(name, fallback): what is set for a parameter, else `fallback`. The policy declares it in its METADATA.
parameter(name, fallback) := object.get(_config, name, fallback)

# Harm, as a number to compare.
severity_rank := {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}

# at_least(severity, bar): whether `severity` is `bar` or worse.
at_least(severity, bar) if severity_rank[severity] >= severity_rank[bar]

# in_production(fact): whether a setting, endpoint or finding stands in code that users run. Missing means yes.
in_production(fact) if object.get(fact, "context", "production") == "production"

# Settings in production files; development, tests, examples and vendored code are not judged.
production_settings := [setting |
	some setting in input.settings
	in_production(setting)
]

# The same as they are in production, where other files of the project say so: the value that a deployment sets or that a
# settings object holds, with the reason. What a production module sets again is judged there.
effective_settings := [judged(setting) |
	some setting in production_settings
	not overridden(setting)
]

overridden(setting) if setting.effective.overridden

judged(setting) := setting if not setting.effective

judged(setting) := object.union(setting, {
	"value": setting.effective.value, "because": setting.effective.provenance, "written": setting.value,
	"location": place(setting), "meant": object.get(setting.effective, "key", ""),
}) if {
	setting.effective
}

# A deployment file that sets the variable is the place to mend; a field of a settings object is told where it is used.
place(setting) := setting.effective.location if not setting.effective.key

place(setting) := setting.location if setting.effective.key

# Endpoints in production files, each with what many policies look at: its words a line each, the kinds of its effects and
# those of its guards.
production_endpoints := [object.union(endpoint, {
	"words": _lines(endpoint),
	"does": {effect.kind | some effect in object.get(endpoint, "effects", [])},
	"asks": {guard.kind | some guard in object.get(endpoint, "guards", [])},
}) |
	some endpoint in input.endpoints
	in_production(endpoint)
]

# Facts about dependencies in production files.
dependencies := [fact |
	some fact in input.dependencies
	in_production(fact)
]

# Resources in production files, by their kind: images, services, workflows, agents' settings.
resources := {kind: [resource | some resource in production; resource.kind == kind] |
	production := [resource | some resource in input.resources; in_production(resource)]
	some kind in {resource.kind | some resource in production}
}

# resources_of(kind): those of one kind.
resources_of(kind) := object.get(resources, kind, [])

# Lines on which a detector has found a secret already.
_secret_lines := {sprintf("%s:%d", [finding.location.path, finding.location.line]) |
	some finding in input.findings
	startswith(finding.rule, "secret/")
}

# is_secret_told(location): whether a secret on that line is a finding already.
is_secret_told(location) if sprintf("%s:%d", [location.path, location.line]) in _secret_lines

# in_code(setting): whether a program sets it, rather than a file of its environment.
in_code(setting) if setting.dialect in {"django", "flask", "fastapi", "pydantic", "python", "express"}

# could_hold_text(setting): whether some possible value is a text that is not empty, or a list with one.
could_hold_text(setting) if {
	some item in items(setting)
	is_string(item)
	item != ""
}

# possible(setting): every value that the setting may have when nobody sets anything else: what is written, the default
# of an environment variable, each branch of a condition.
possible(setting) := {value |
	some node in _branches(setting.value)
	some value in _values(node)
}

# Those of a condition, and of the conditions in it.
_branches(value) := _opened(_opened(_opened([value])))

_opened(values) := [part |
	some value in values
	some part in object.get(value, "values", [value])
]

_values(node) := [node.value] if node.kind == "literal"

_values(node) := [node["default"]] if {
	node.kind == "environment"
	"default" in object.keys(node)
}

# could_be(setting, value): whether `value` is among them.
could_be(setting, value) if value in possible(setting)

# could_be_true(setting): whether it may be on, also as the text `"true"` or `"1"` that environment files hold.
could_be_true(setting) if {
	some value in possible(setting)
	is_true(value)
}

# could_be_false(setting): whether it may be off.
could_be_false(setting) if {
	some value in possible(setting)
	is_false(value)
}

is_true(value) if value == true

is_true(value) if value == 1

is_true(value) if {
	is_string(value)
	lower(trim_space(value)) in {"true", "1", "yes", "on", "y", "t"}
}

is_false(value) if value == false

is_false(value) if value == 0

is_false(value) if {
	is_string(value)
	lower(trim_space(value)) in {"false", "0", "no", "off", "n", "f", ""}
}

# could_hold(setting, item): whether the value may be `item`, a list with it, or a comma-separated text with it.
could_hold(setting, item) if {
	some value in possible(setting)
	item in as_items(value)
}

# items(setting): all of those items.
items(setting) := {item |
	some value in possible(setting)
	some item in as_items(value)
}

as_items(value) := {item | some item in value} if is_array(value)

as_items(value) := {trim_space(item) | some item in split(value, ",")} if is_string(value)

as_items(value) := {value} if is_boolean(value)

# is_written(setting): whether the value stands in the file, whatever the environment says.
is_written(setting) if setting.value.kind == "literal"

# sure(setting): confidence that the value holds in production: high if written, medium if it may be changed from outside.
sure(setting) := "high" if is_written(setting)

sure(setting) := "medium" if not is_written(setting)

# unless_set(setting): words for a value that comes from a default; empty when it is written.
unless_set(setting) := sprintf(" (%s)", [setting.because]) if setting.because

unless_set(setting) := sprintf(" unless `%s` is set", [setting.value.name]) if {
	not setting.because
	setting.value.kind == "environment"
}

unless_set(setting) := " on some paths" if {
	not setting.because
	setting.value.kind == "one-of"
}

unless_set(setting) := "" if {
	not setting.because
	not setting.value.kind in {"environment", "one-of"}
}

# leaf(key): the last name of a key path, so that `services.web.environment.DEBUG` is `DEBUG`.
leaf(key) := parts[count(parts) - 1] if parts := split(key, ".")

# constant(setting): that name as a constant; settings classes write `secret_key` for `SECRET_KEY`.
constant(setting) := upper(leaf(setting.key)) if setting.dialect in {"pydantic", "python"}

constant(setting) := leaf(setting.key) if not setting.dialect in {"pydantic", "python"}

# grouped(pairs): a set of pairs `[key, value]` as an object: under each key the set of its values.
grouped(pairs) := {sorted[start][0]: {pair[1] | some pair in array.slice(sorted, start, bounds[at + 1])} |
	sorted := sort(pairs)
	starts := [index | some index, pair in sorted; _begins(sorted, index, pair[0])]
	bounds := array.concat(starts, [count(sorted)])
	some at, start in starts
}

_begins(_, index, _) if index == 0

_begins(sorted, index, key) if sorted[index - 1][0] != key

# changes_state(endpoint): whether it answers a method that is meant to change something.
changes_state(endpoint) if {
	some method in endpoint.methods
	method in {"POST", "PUT", "PATCH", "DELETE", "ANY", "MUTATION"}
}

# does(endpoint, kinds): whether the handler does one of these things, calls into other functions included.
does(endpoint, kinds) if count(endpoint.does & kinds) > 0

does(endpoint, kinds) if {
	not endpoint.does
	some effect in object.get(endpoint, "effects", [])
	effect.kind in kinds
}

# effects_of(endpoint, kinds): those effects, with their places.
effects_of(endpoint, kinds) := [effect |
	some effect in object.get(endpoint, "effects", [])
	effect.kind in kinds
]

# label(endpoint): the route in words: `POST /items`.
label(endpoint) := sprintf("%s %s", [concat(",", endpoint.methods), endpoint.path])

# site(endpoint): where to mend it. Django's routes are declared apart from the views that guards belong to.
site(endpoint) := endpoint.handler_location if {
	startswith(endpoint.framework, "django")
	endpoint.handler_location
} else := endpoint.location

# asks_who(endpoint): whether the route tells who calls: by a session, a role, a signature.
asks_who(endpoint) if guarded_by(endpoint, {"authentication", "authorization", "signature"})

# unread_guard(endpoint): whether something stands before it whose name says that it checks, though what it checks was not read.
unread_guard(endpoint) if {
	some name in object.get(endpoint, "middleware", [])
	regex.match(`webhook|signature|permission|(^|[._])(require|ensure|check|allow|has|only|must_?be)_?(role|admin|staff|owner|access)|require[a-z]*_?scopes?`, lower(name))
}

# reads_rights: whether the ways in which the project asks for rights are read at all. Of many routes that change something a
# fourth shows such a guard; where fewer do, it asks in a way that is not known here more often than it forgets to ask.
reads_rights if count(production_endpoints) <= 60

reads_rights if {
	changing := [endpoint | some endpoint in production_endpoints; changes_state(endpoint)]
	asking := [endpoint | some endpoint in changing; guarded_by(endpoint, {"authorization"})]
	4 * count(asking) >= count(changing)
}

# asks(endpoint): the same as a value, true or false.
asks(endpoint) := true if asks_who(endpoint)

asks(endpoint) := false if not asks_who(endpoint)

# handled(endpoint): where it is handled, which may be in another file than where it is declared.
handled(endpoint) := object.get(endpoint, "handler_location", endpoint.location)

# words(endpoint): names that tell what a route is for: its handler and the segments of its path, in lower case.
words(endpoint) := {word |
	some part in array.concat(split(endpoint.path, "/"), [endpoint.handler])
	word := replace(lower(part), "_", "-")
}

_lines(endpoint) := concat("\n", words(endpoint))

# is_for(endpoint, pattern): whether the handler or a segment of the path matches; `^` and `$` stand at the ends of each.
is_for(endpoint, pattern) if regex.match(concat("", ["(?m)", pattern]), endpoint.words)

is_for(endpoint, pattern) if {
	not endpoint.words
	regex.match(concat("", ["(?m)", pattern]), _lines(endpoint))
}

# is_login_view(endpoint): views of libraries that take a name and a password, and those that are made from them by name.
is_login_view(endpoint) if regex.match(`(^|\.)(\w*TokenObtain\w*View|obtain_auth_token|ObtainAuthToken|\w*LoginView)(\.|$)`, endpoint.handler)

# guarded_by(endpoint, kinds): whether a guard of one of these kinds runs before the handler.
guarded_by(endpoint, kinds) if count(endpoint.asks & kinds) > 0

guarded_by(endpoint, kinds) if {
	not endpoint.asks
	some guard in endpoint.guards
	guard.kind in kinds
}

# Path segments that are for everybody: they make or end sessions, are called by machines, or only read.
public_segments := {
	"registro", "registrarse", "iniciar-sesion", "cadastro", "connexion", "inscription", "anmelden", "registrieren",
	"login", "log-in", "signin", "sign-in", "logout", "log-out", "signout", "sign-out", "register", "registration",
	"signup", "sign-up", "oauth", "oauth2", "sso", "saml", "oidc", "authorize", "token", "tokens", "refresh",
	"callback", "forgot", "forgot-password", "reset", "reset-password", "password-reset", "verify", "verify-email",
	"confirm", "activate", "health", "healthz", "healthcheck", "health-check", "ready", "readyz", "live", "livez",
	"ping", "status", "metrics", "version", "webhook", "webhooks", "hook", "hooks", "contact", "newsletter",
	"get-otp", "send-otp", "request-otp", "resend-otp", "check-otp", "verify-otp", "confirm-otp",
	"refresh-token", "refresh-tokens", "password-recovery", "recover", "recover-password", "account-recovery",
	"resend-verification", "resend-verification-email", "resend-verify-email", "verification-email", "email-verification", "accept-invite", "feedback", "og",
	"subscribe", "unsubscribe", "public", "scim", "csrf", "csrf-token", "static", "assets", "favicon.ico", "robots.txt", "search",
}

# public_by_design(path): whether a segment of the path is one of those. The paths of the document are looked at once.
public_by_design(path) if path in _public_paths

public_by_design(path) if {
	not path in _paths
	_is_public(path)
}

_paths := {endpoint.path | some endpoint in input.endpoints}

_public_paths := {path |
	some path in _paths
	_is_public(path)
}

_is_public(path) if {
	some segment in split(replace(lower(path), "_", "-"), "/")
	segment in public_segments
}

# What the project says is for everybody: globs of paths, in which `*` stands for one segment and `**` for any.
_is_public(path) if {
	some pattern in parameter("public_routes", [])
	glob.match(pattern, ["/"], path)
}

# `/auth` alone, and the providers and catch-alls below it; not everything that is filed there.
_is_public(path) if regex.match(`(^|/)auth(/(session|google|github|facebook|apple|microsoft|discord|twitter|linkedin|gitlab|\[?\.\.\..*|\*.*|:provider|\{provider\}|\[provider\]|<provider>))?/?$`, replace(lower(path), "_", "-"))

_is_public(path) if {
	some segment in split(replace(lower(path), "_", "-"), "/")
	some suffix in ["-webhook", "-callback", ".callback", "-login", "-signup"]
	endswith(segment, suffix)
}

# A code or an invitation is asked for or shown: who has none yet is not logged in.
_is_public(path) if regex.match(`(^|/)(otp|one-time-code|verification-code)(/(request|send|resend|verify|confirm|check))?/?$|(^|/)(invites?|invitations?)/accept/?$`, replace(lower(path), "_", "-"))

# What is called public, and what browsers send by themselves.
_is_public(path) if {
	some segment in split(replace(lower(path), "_", "-"), "/")
	regex.match(`^public-|^csp-(reports?|violations?)$`, segment)
}

# public_form(endpoint): whether it takes what strangers are meant to send: bookings, enquiries, sign-ups for a list,
# orders of guests.
public_form(endpoint) if {
	endpoint.methods in [["POST"], ["ANY"]]
	is_for(endpoint, `^(bookings?|appointments?|reservations?|enquir(y|ies)|inquir(y|ies)|quer(y|ies)|contacts?|leads?|waitlist|waiting-list|rsvps?|surveys?|quotes?|newsletter|messages?|feedback|applications?|apply|subscribe|subscribers|page-views?|analytics|track|donations?|volunteers?|checkout|checkout-session|create-checkout(-session)?|create-(payment-intent|order|paypal-order|payment)|capture-paypal-order|payment-intents?)$|^(submit|send)-(contact|form|enquiry|inquiry|message|feedback|booking)`)
}

# A token in the address is what lets the caller in: invitations and links sent by mail.
_is_public(path) if {
	regex.match(`/(<(\w+:)?|\{|:|\[)(((invite|reset|invitation|verification|signing|recipient|access|download|embed|unsubscribe)_?)?token|share_?(id|key|slug|link|code|token)|invite_?(id|code|uid)|public_?(id|slug))[>}\]]?(\.|/|$)`, lower(path))
}
