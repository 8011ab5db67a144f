# What policies on rules of Firebase share.
#
# Users may import it: `import data.stageclear.helpers.firebase`.
package stageclear.helpers.firebase

# Rules of production files that open something, with their file.
rules := [{"file": file, "rule": rule} |
	some file in object.get(input, "firebase", [])
	object.get(file, "context", "production") in {"production", "development"}
	some rule in file.rules
]

changes(rule) if {
	some method in rule.methods
	method in {"update", "delete"}
}

writes(rule) if {
	some method in rule.methods
	method in {"create", "update", "delete"}
}

reads(rule) if {
	some method in rule.methods
	method in {"get", "list"}
}

# everything(rule): whether it holds for the whole database or bucket.
everything(rule) if {
	rule.recursive
	count(rule.collections) == 0
}

# of_users(rule): whether its path says that single users own what is there.
of_users(rule) if {
	some name in rule.collections
	regex.match(`^(users?|profiles?|accounts?|orders?|payments?|messages?|chats?|conversations?|customers?|patients?|bookings?|appointments?|transactions?|invoices?|subscriptions?|notifications?|members?|students?|employees?|private|wallets?|carts?|documents?|journals?|tokens?|admins?|leads?|contacts?|submissions?)$`, lower(name))
}

of_users(rule) if regex.match(`(\{|\$)(uid|user_?id)\b`, lower(rule.path))

form(rule) if {
	some name in rule.collections
	regex.match(`(contact|newsletter|waitlist|subscri|lead|message|feedback|inquir|enquir|signup|analytic|event|log|view|visit|survey|response|booking|submission|request|report|application|rsvp)`, lower(name))
}

services := {"firestore": "Firestore", "storage": "Storage", "database": "Realtime Database"}

# label(pair): the path with its service.
label(pair) := sprintf("%s `%s`", [services[pair.file.service], pair.rule.path])

does(rule) := "read and write" if {
	reads(rule)
	writes(rule)
}

does(rule) := "read" if not writes(rule)

does(rule) := "write" if {
	writes(rule)
	not reads(rule)
}

identity(pair) := sprintf("%s %s %s", [pair.file.service, pair.rule.path, concat(",", pair.rule.methods)])
