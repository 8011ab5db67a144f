# METADATA
# scope: package
# title: Role or price is taken from the client
# description: >-
#   What somebody may do and what something costs must be decided by the server. A client sends whatever it likes:
#   `role=admin` at sign-up, a price of one cent at checkout.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/
# custom:
#   id: policy/endpoints/client-controlled-value
#   severity: high
#   cwe: [602, 915]
#   owasp: ["A04:2021", "API3:2023"]
#   asvs: [v4.0.3-4.1.2, v4.0.3-5.1.2, v5.0.0-8.3.1, v5.0.0-15.3.3]
#   remedy: >-
#     set roles from a constant or by an administrator, and read prices from your own data
#   bad: |
#     user = User(name=data["name"], role=data["role"])
#   good: |
#     user = User(name=data["name"], role="member")
package stageclear.endpoints.client_controlled_value

import data.stageclear.database.self_assigned_value
import data.stageclear.lib

# One place serves several routes: it is told once.
roles := lib.grouped({[place, [lib.label(endpoint), trusted, lib.handled(endpoint)]] |
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "role"
	not lib.guarded_by(endpoint, {"authorization"})
	not lib.is_for(endpoint, `^(admin|staff)`)
	# A `role` of a document's reader or a chat message is no right.
	lib.is_for(endpoint, `user|account|profile|register|signup|sign-up|member|^me$|auth|invit|employee|customer|onboard|manager|usuario|cliente|funcionario|gestor|perfil|conta|cuenta|cadastro|registro|empleado|utilisateur|benutzer|^sync`)
	place := sprintf("%s:%d:%s", [trusted.location.path, trusted.location.line, trusted.field])
})

deny contains violation if {
	some _, found in roles
	[label, trusted, handler] := sort(found)[0]
	violation := {
		"title": sprintf("`%s` is taken from the client", [trusted.field]),
		"msg": sprintf("whoever calls `%s` chooses `%s`", [label, trusted.field]),
		"location": trusted.location,
		"severity": weighed(label, role_severity(trusted.field)),
		"confidence": "medium",
		"content": sprintf("%s %s", [label, trusted.field]),
		"related": route_of(label, handler, trusted.location),
	}
}

# The handler, where what is told of stands further down or in another function.
route_of(_, handler, place) := [] if handler == place

route_of(label, handler, place) := [{"location": handler, "message": sprintf("the handler of `%s`", [label])}] if handler != place

# Something before it may ask who may give rights, or the whole application asks in a way that is not read.
weighed(label, _) := "medium" if label in perhaps_asked

weighed(label, severity) := severity if {
	not label in perhaps_asked
	lib.reads_rights
}

weighed(label, _) := "medium" if {
	not label in perhaps_asked
	not lib.reads_rights
}

perhaps_asked := {lib.label(endpoint) |
	some endpoint in lib.production_endpoints
	lib.unread_guard(endpoint)
}

role_severity(field) := "high" if regex.match(rights, field)

role_severity(field) := "medium" if not regex.match(rights, field)

rights := `(?i)role|^rol$|papel|admin|staff|superuser|permiss|permiso|access|acesso|acceso|nivel|rang|rolle`

# One route is told once, however many sums it takes.
deny contains violation if {
	some endpoint in lib.production_endpoints
	found := prices(endpoint)
	count(found) > 0
	first := sort([[one.location.path, one.location.line, one.field, one] | some one in found])[0][3]
	fields := concat("`, `", sort({one.field | some one in found}))
	violation := {
		"title": sprintf("`%s` of a payment is taken from the client", [fields]),
		"msg": sprintf("whoever calls `%s` chooses `%s` of what is paid", [lib.label(endpoint), fields]),
		"location": first.location,
		"severity": dearest(endpoint, found),
		"confidence": "medium",
		"content": sprintf("%s %s", [lib.label(endpoint), first.field]),
		"related": array.concat(
			[{"location": one.location, "message": sprintf("`%s` is the client's", [one.field])} |
				some one in found
				one.location != first.location
			],
			route_of(lib.label(endpoint), lib.handled(endpoint), first.location),
		),
	}
}

prices(endpoint) := [trusted |
	not told_by_service(endpoint)
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "price"
]

# What a payment service has signed is not the client's.
told_by_service(endpoint) if {
	lib.guarded_by(endpoint, {"signature"})
	lib.is_for(endpoint, `webhook`)
}

dearest(endpoint, found) := "high" if dear(endpoint, found)

dearest(endpoint, found) := "medium" if not dear(endpoint, found)

dear(endpoint, found) if {
	some one in found
	price_severity(endpoint, one.field) == "high"
}

# A signature of a payment says who paid which order, not how much: the sum is the payment service's to tell.
deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "credit"
	not lib.guarded_by(endpoint, {"authorization"})
	violation := {
		"title": sprintf("`%s` of the client is added to a balance", [trusted.field]),
		"msg": sprintf("whoever calls `%s` chooses how much is credited: ask the payment service what was paid", [lib.label(endpoint)]),
		"location": trusted.location,
		"severity": "high",
		"confidence": "medium",
		"content": sprintf("%s %s", [lib.label(endpoint), trusted.field]),
	}
}

# What a customer pays is read from an order that the customer made: it was written by the browser, or may be.
deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "stored-price"
	customers_write
	violation := {
		"title": "What is paid stands in a row that customers write",
		"msg": sprintf("`%s` charges `%s` as it stands in an order that the client names, and clients write such rows themselves: read the prices from your own list", [lib.label(endpoint), trusted.field]),
		"location": trusted.location,
		"severity": stored_severity,
		"confidence": "medium",
		"content": sprintf("%s %s", [lib.label(endpoint), trusted.field]),
	}
}

# That some other route takes a price of its own says little about this row.
stored_severity := "high" if written_by_browsers

stored_severity := "medium" if not written_by_browsers

written_by_browsers if {
	some written in object.get(input, "browser_writes", [])
	written.kind == "price"
}

written_by_browsers if count(self_assigned_value.deny) > 0

customers_write if written_by_browsers

customers_write if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "price"
}

# Whoever asks for a reset decides to which host the token of the mail is sent.
deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "host"
	violation := {
		"title": "The host of a link in a mail is taken from the request",
		"msg": sprintf("`%s` sends a link whose host is a header of the request: the token in it reaches whatever host the caller wrote", [lib.label(endpoint)]),
		"location": trusted.location,
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# The dearest model answers whoever asks for it.
deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "model"
	violation := {
		"title": "The client chooses the language model",
		"msg": sprintf("whoever calls `%s` chooses `%s`, the dearest one too: take it from a list of allowed ones", [lib.label(endpoint), trusted.field]),
		"location": trusted.location,
		"severity": model_severity(endpoint),
		"confidence": "medium",
		"content": sprintf("%s %s", [lib.label(endpoint), trusted.field]),
	}
}

model_severity(endpoint) := "low" if lib.asks_who(endpoint)

model_severity(endpoint) := "medium" if not lib.asks_who(endpoint)

# Whoever sends more fields than the form has writes them too.
deny contains violation if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "whole-body"
	not lib.guarded_by(endpoint, {"authorization", "signature"})
	not shaped(endpoint, trusted)
	violation := {
		"title": "A record is made of whatever the client sends",
		"msg": sprintf("`%s` stores every field of the body, those that no form has too: name the fields that may be set", [lib.label(endpoint)]),
		"location": trusted.location,
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
		"related": route_of(lib.label(endpoint), lib.handled(endpoint), trusted.location),
	}
}

# What is left of a body that a schema has looked at holds what the schema names.
shaped(endpoint, trusted) if {
	trusted.field == "rest"
	lib.guarded_by(endpoint, {"validation"})
}

# A serializer that lets clients write what others decide: one finding for each serializer, whatever routes use it.
writable := lib.grouped({[place, [trusted.field, trusted.location, lib.label(endpoint)]] |
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "writable-column"
	not lib.guarded_by(endpoint, {"authorization", "signature"})
	place := sprintf("%s:%d", [trusted.location.path, trusted.location.line])
})

deny contains violation if {
	some _, found in writable
	fields := sort({entry[0] | some entry in found})
	routes := sort({entry[2] | some entry in found})
	first := sort(found)[0]
	violation := {
		"title": sprintf("Clients may write `%s`", [concat("`, `", fields)]),
		"msg": sprintf("`%s` stores `%s` as the client sends it: list the fields that may be set, or make the others read-only", [routes[0], concat("`, `", fields)]),
		"location": first[1],
		"severity": writable_severity(fields),
		"confidence": "medium",
		"content": concat(" ", fields),
	}
}

writable_severity(fields) := "high" if grants(fields)

writable_severity(fields) := "medium" if not grants(fields)

grants(fields) if {
	some field in fields
	regex.match(`(?i)role|is_?admin|staff|superuser`, field)
}

# Who keeps the catalogue sets its prices; what a payment service calls a price is the name of one.
price_severity(endpoint, field) := "medium" if mild(endpoint, field)

price_severity(endpoint, field) := "high" if not mild(endpoint, field)

mild(endpoint, _) if keeps_catalogue(endpoint)

mild(endpoint, field) if {
	regex.match(`(?i)^price(_?id)?$`, field)
	some effect in lib.effects_of(endpoint, {"payment"})
	regex.match(`(?i)stripe|checkout|subscription|billing|portal`, effect.name)
}

keeps_catalogue(endpoint) if {
	lib.asks_who(endpoint)
	lib.is_for(endpoint, `(?i)(discount|coupon|promotion|product|plan|price|listing|bount|campaign|commission|payout|reward)s?(action)?$`)
}

# A library that lets whoever signs up set the columns that an application adds to its users.
deny contains violation if {
	some setting in lib.production_settings
	setting.key == "account.writable-field"
	some field in lib.possible(setting)
	is_string(field)
	regex.match(`(?i)^(role|roles|is_?admin|admin|is_?staff|is_?superuser|is_?moderator|permissions?|access_?level|user_?type|is_?verified|verified|is_?approved|approved|status|is_?premium|premium|is_?pro|plan|tier|credits|balance|tokens|is_?banned|banned|organi[sz]ation_?id|tenant_?id|company_?id|team_?id|subscription\w*|stripe_?customer_?id)$`, field)
	violation := {
		"title": sprintf("Whoever signs up sets `%s`", [field]),
		"msg": sprintf("`%s` is a field that clients may send when they sign up or change their account: say `input: false`", [field]),
		"location": setting.location,
		"severity": account_severity(field),
		"confidence": "high",
		"content": field,
	}
}

account_severity(field) := "critical" if regex.match(`(?i)^(roles?|is_?admin|admin|is_?staff|is_?superuser|permissions?|access_?level)$`, field)

account_severity(field) := "high" if not regex.match(`(?i)^(roles?|is_?admin|admin|is_?staff|is_?superuser|permissions?|access_?level)$`, field)

# Pages that write to a data service: whoever opens the developer tools writes something else. A page is told once for
# each kind, however many columns and calls it has.
of_page := lib.grouped({[key, [written.location.line, written.location.column, written.field, written.location]] |
	some written in object.get(input, "browser_writes", [])
	written.kind in {"role", "price"}
	key := sprintf("%s in %s", [written.kind, written.location.path])
})

deny contains violation if {
	some key, set_of_places in of_page
	places := sort(set_of_places)
	fields := concat("`, `", sort({place[2] | some place in places}))
	violation := {
		"title": sprintf("The browser decides `%s`", [fields]),
		"msg": sprintf("a page stores `%s`: whoever opens the developer tools stores another value", [fields]),
		"location": places[0][3],
		"severity": written_severity(key),
		"confidence": "medium",
		"content": concat(" ", sort({place[2] | some place in places})),
		"related": [{"location": place[3], "message": sprintf("`%s` is stored here, too", [place[2]])} |
			some place in array.slice(places, 1, 41)
		],
	}
}

written_severity(key) := "high" if startswith(key, "price ")

written_severity(key) := "medium" if not startswith(key, "price ")
