# METADATA
# scope: package
# title: Route and guard matrix
# description: >-
#   Says of every production route and every kind of guard that it does not have what the absence means: a hole, unknown
#   (with the reason), public by design, or nothing to guard. The matrix in reports is made of it.
# custom:
#   id: policy/checklist/routes
#   severity: info
#   remedy: add the guards that are missing
package stageclear.checklist.routes

import data.stageclear.lib

# Policies that report a missing guard, by the column of it.
column_of := {
	"missing-authentication": "authentication",
	"missing-authorization": "authorization",
	"missing-owner-check": "ownership",
	"missing-csrf": "csrf",
	"missing-rate-limit": "rate-limit",
	"unlimited-paid-call": "rate-limit",
	"missing-validation": "validation",
	"missing-body-limit": "body-limit",
	"unverified-webhook": "signature",
}

name(rule) := parts[count(parts) - 1] if parts := split(rule, "/")

place(location) := sprintf("%s:%d", [location.path, location.line])

reports := [finding |
	some finding in input.findings
	startswith(finding.rule, "policy/endpoints/")
	not finding.suppression
	column_of[name(finding.rule)]
]

# What they say of which place: titles and messages, which name the route.
entries := array.concat(
	[entry |
		some finding in reports
		entry := {
			"column": column_of[name(finding.rule)], "place": place(finding.location),
			"text": sprintf("%s %s ", [finding.title, replace(finding.message, "`", " ")]),
		}
	],
	[entry |
		some finding in reports
		some other in object.get(finding, "related", [])
		entry := {
			"column": column_of[name(finding.rule)], "place": place(other.location),
			"text": sprintf("%s ", [replace(other.message, "`", " ")]),
		}
	],
)

told := lib.grouped({[[entry.column, entry.place], entry.text] |
	some entry in entries
})

# reported(facts, column): whether a policy reports that guard as missing on that route.
reported(facts, column) if {
	some text in told[[column, facts.place]]
	contains(text, sprintf("%s ", [facts.route]))
}

# What the cells are told from, computed once a route.
facts_of(endpoint) := {
	"route": lib.label(endpoint),
	"place": place(lib.site(endpoint)),
	"path": endpoint.path,
	"handler": endpoint.handler,
	"framework": endpoint.framework,
	"session": endpoint.session,
	"unknown": object.get(endpoint, "unknown", []),
	"guards": {guard.kind | some guard in endpoint.guards},
	"does": {effect.kind | some effect in object.get(endpoint, "effects", [])},
	"chooses": {effect.kind | some effect in object.get(endpoint, "effects", []); effect.chosen_by} & {"read", "write", "delete"},
	"changes": count({method | some method in endpoint.methods} & changing) > 0,
	"only_deletes": endpoint.methods == ["DELETE"],
	"action": startswith(endpoint.path, "action:"),
	"machine": regex.match(`(?i)(^|/)(webhooks?|hooks?)(/|$)|-webhook$`, endpoint.path),
}

changing := {"POST", "PUT", "PATCH", "DELETE", "ANY"}

harmful := {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write"}

costly := {"login", "llm", "mail", "message", "password", "payment"}

needs_caller(facts) if {
	facts.changes
	not facts.action
}

needs_caller(facts) if count(facts.does & harmful) > 0

public(facts) if lib.public_by_design(facts.path)

public(facts) if lib.public_by_design(facts.handler)

missing(reason) := {"state": "missing", "reason": reason}

not_told(reason) := {"state": "unknown", "reason": reason}

nothing(reason) := {"state": "not-applicable", "reason": reason}

asks_who(facts) if count(facts.guards & {"authentication", "authorization", "signature"}) > 0

django(facts) if facts.framework in {"django", "djangorestframework"}

# Each gives null where the guard is neither there nor asked for.
authentication(facts) := nothing("the signature tells who calls") if {
	"signature" in facts.guards
} else := nothing("the check of the role tells who calls") if {
	"authorization" in facts.guards
} else := nothing("Django's administration asks by itself") if {
	facts.handler == "admin.site.urls"
} else := missing("reported") if {
	reported(facts, "authentication")
} else := named_public(facts) if {
	public(facts)
} else := null if {
	not needs_caller(facts)
} else := not_told(facts.unknown[0]) if {
	is_string(facts.unknown[0])
} else := missing("it changes data or costs money")

named_public(facts) := not_told("its name says that it is for everybody, but not what it does") if {
	count(facts.does & {"command", "payment", "llm"}) > 0
} else := {"state": "public", "reason": "its name says that it is for everybody"}

authorization(facts) := missing("for administrators by its name") if reported(facts, "authorization")
else := null

ownership(facts) := missing("the client chooses the object") if {
	reported(facts, "ownership")
} else := nothing("the client chooses no object") if {
	count(facts.chooses) == 0
} else := nothing("nobody is asked who calls") if {
	not asks_who(facts)
} else := nothing("for those whose role allows it") if {
	count(facts.guards & {"authorization", "signature"}) > 0
} else := not_told("whether these objects belong to somebody is not told by the code")

csrf(facts) := nothing("it changes nothing") if {
	not facts.changes
	not reported(facts, "csrf")
} else := missing("the session is a cookie") if {
	reported(facts, "csrf")
} else := nothing("callers show a token that browsers do not send by themselves") if {
	facts.session == "token"
} else := nothing("machines call it") if {
	facts.machine
} else := nothing("the framework compares the origin") if {
	facts.action
} else := missing("Django's middleware was removed") if {
	django(facts)
	middleware_removed
} else := nothing("the framework's middleware checks it") if {
	django(facts)
} else := missing("the session is a cookie") if {
	facts.session == "cookie"
} else := not_told("how callers are recognised is not told by the code")

middleware_removed if {
	some finding in input.findings
	finding.rule == "policy/settings/csrf-middleware-removed"
	not finding.suppression
}

rate_limit(facts) := missing("it can be called without end") if {
	reported(facts, "rate-limit")
} else := nothing("nothing to guess, nothing that costs") if {
	count(facts.does & costly) == 0
} else := null

validation(facts) := missing("what is sent is stored as it comes") if {
	reported(facts, "validation")
} else := nothing("it stores nothing that is sent") if {
	not stores(facts)
} else := nothing("the signature says that a known machine sent it") if {
	"signature" in facts.guards
} else := not_told("what forms and serializers check is not followed") if {
	django(facts)
} else := missing("what is sent is stored as it comes")

stores(facts) if {
	facts.changes
	not facts.only_deletes
	count(facts.does & {"write", "payment", "llm"}) > 0
}

body_limit(facts) := missing("the body may be of any size") if reported(facts, "body-limit")
else := null

signature(facts) := missing("machines call it, and nothing shows which") if {
	reported(facts, "signature")
} else := nothing("no machine calls it") if {
	not facts.machine
} else := null if {
	"authentication" in facts.guards
} else := not_told("nothing shows who calls")

cells(facts) := {column: found |
	some column, found in {
		"authentication": authentication(facts), "authorization": authorization(facts), "ownership": ownership(facts),
		"csrf": csrf(facts), "rate-limit": rate_limit(facts), "validation": validation(facts),
		"body-limit": body_limit(facts), "signature": signature(facts),
	}
	found != null
	not column in facts.guards
}

# One row a production route: the kinds of guard that it does not have.
rows := [{"endpoint": index, "route": facts.route, "cells": cells(facts)} |
	some index, endpoint in input.endpoints
	lib.in_production(endpoint)
	facts := facts_of(endpoint)
]

# Rows by what the absence of a guard means: `with["csrf"]["missing"]`.
with_state := lib.grouped({[[column, found.state], index] |
	some index, row in rows
	some column, found in row.cells
})
