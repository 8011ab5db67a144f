# What policies on databases share: which tables clients reach, whom a policy lets in.
#
# Users may import it: `import data.stageclear.helpers.database`.
package stageclear.helpers.database

# Schemas that Supabase serves.
exposed_schemas := {"public", "api"}

# Roles that requests from outside have; `public` is everybody.
clients := {"anon", "authenticated", "public"}

# Databases whose tables clients reach directly.
reachable := [database |
	some database in object.get(input, "databases", [])
	database.platform == "supabase"
]

# Tables of those, made by the project, in a schema that is served and not cut off.
exposed_tables := [table |
	some database in reachable
	some table in database.tables
	exposed(table)
]

exposed(table) if {
	table.schema in exposed_schemas
	not closed(table.revoked)
}

# closed(revoked): whether rights were taken from everybody who comes from outside.
closed(revoked) if {
	"anon" in revoked
	"authenticated" in revoked
}

# Policies that count: on tables with row-level security, for clients, with their table.
in_force := [{"table": table, "policy": policy} |
	some table in exposed_tables
	table.rls.enabled
	some policy in table.policies
	policy.permissive
	for_clients(policy)
	not narrowed(table, policy)
]

for_clients(policy) if {
	some role in policy.roles
	role in clients
}

# anonymous(policy): whether its roles include those who are not signed in.
anonymous(policy) if {
	some role in policy.roles
	role in {"anon", "public"}
}

# narrowed(table, policy): whether a restrictive policy that names the caller stands beside it.
narrowed(table, policy) if {
	some other in table.policies
	not other.permissive
	other.command in {"all", policy.command}
	other.using.reach in {"caller", "service", "nobody"}
}

# condition(policy): the condition that decides: which rows are written for inserts, which are seen otherwise.
condition(policy) := policy.check if policy.command == "insert"

condition(policy) := policy.using if policy.command != "insert"

# open_to(policy): `everybody` or `signed-in` for policies that ask nothing else.
open_to(policy) := "everybody" if {
	condition(policy).reach == "everybody"
	anonymous(policy)
}

open_to(policy) := "signed-in" if {
	condition(policy).reach == "everybody"
	not anonymous(policy)
}

open_to(policy) := "signed-in" if condition(policy).reach == "signed-in"

who(open) := "everybody" if open == "everybody"

who(open) := "every signed-in user" if open == "signed-in"

label(thing) := thing.name if thing.schema == "public"

label(thing) := sprintf("%s.%s", [thing.schema, thing.name]) if thing.schema != "public"

# has_owner(table): whether its rows belong to users.
has_owner(table) if {
	some column in table.columns
	column.owner
}

has_privilege(table) if {
	some column in table.columns
	column.privilege
}

# grave(table): data whose leak hurts by itself.
grave(table) if {
	some kind in table.sensitive
	kind in {"password", "password-hash", "secret", "identity", "health", "payment", "birth"}
}

# personal(table): data on persons.
personal(table) if {
	some kind in table.sensitive
	kind in {"contact", "address"}
}

# Names of tables that hold what people tell one another or pay.
private_name(name) if regex.match(`(^|_)(messages?|conversations?|chats?|orders?|payments?|transactions?|invoices?|subscriptions?|notifications?|medical|health|journals?|diary|tickets?|bookings?|appointments?|reservations?|customers?|clients?|leads?|contacts?|applications?|submissions?|wallets?|sessions?|documents?|prescriptions?|patients?|salar(y|ies)|payrolls?|user_roles)(_|$)`, lower(name))

# Names of tables that everybody writes to without an account.
form_name(name) if regex.match(`(contact|newsletter|waitlist|wait_list|subscri|lead|message|feedback|inquir|enquir|signup|sign_up|demo|application|rsvp|analytic|event|log|view|visit|survey|response|booking|reservation|appointment|submission|request|quote|consultation|testimonial|review|vote|form|contato|candidat|metric|track|click|report)`, lower(name))

# sure(location): an order of files that is known makes sure.
sure(location) := "high" if regex.match(`(migrations?|schemas|drizzle)/`, location.path)

sure(location) := "medium" if not regex.match(`(migrations?|schemas|drizzle)/`, location.path)
