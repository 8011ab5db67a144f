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

columns := ["authentication", "authorization", "ownership", "csrf", "rate-limit", "validation", "body-limit", "signature"]

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

told[entry.column][entry.place] contains entry.text if {
	some entry in entries
}

reported(endpoint, column) if {
	some text in told[column][place(endpoint.location)]
	contains(text, sprintf("%s ", [lib.label(endpoint)]))
}

harmful := {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write"}

needs_caller(endpoint) if {
	lib.changes_state(endpoint)
	not startswith(endpoint.path, "action:")
}

needs_caller(endpoint) if lib.does(endpoint, harmful)

needs_caller(endpoint) if reported(endpoint, "authentication")

# Why something could not be told of a route.
unknown(endpoint) := reasons[0] if {
	reasons := object.get(endpoint, "unknown", [])
	is_string(reasons[0])
}

public(endpoint) if lib.public_by_design(endpoint.path)

public(endpoint) if lib.public_by_design(endpoint.handler)

for_machines(endpoint) if {
	some segment in split(lower(endpoint.path), "/")
	segment in {"webhook", "webhooks", "hook", "hooks"}
}

for_machines(endpoint) if endswith(lower(endpoint.path), "-webhook")

missing(reason) := {"state": "missing", "reason": reason}

not_told(reason) := {"state": "unknown", "reason": reason}

nothing(reason) := {"state": "not-applicable", "reason": reason}

cell(endpoint, "authentication") := nothing("the signature tells who calls") if {
	lib.guarded_by(endpoint, {"signature"})
} else := nothing("the check of the role tells who calls") if {
	lib.guarded_by(endpoint, {"authorization"})
} else := nothing("Django's administration asks by itself") if {
	endpoint.handler == "admin.site.urls"
} else := missing("reported") if {
	reported(endpoint, "authentication")
} else := not_told("its name says that it is for everybody, but not what it does") if {
	public(endpoint)
	lib.does(endpoint, {"command", "payment", "llm"})
} else := {"state": "public", "reason": "its name says that it is for everybody"} if {
	public(endpoint)
} else := not_told(reason) if {
	needs_caller(endpoint)
	reason := unknown(endpoint)
} else := missing("it changes data or costs money") if {
	needs_caller(endpoint)
}

cell(endpoint, "authorization") := missing("for administrators by its name") if {
	reported(endpoint, "authorization")
}

cell(endpoint, "ownership") := missing("the client chooses the object") if {
	reported(endpoint, "ownership")
} else := nothing("the client chooses no object") if {
	not chooses(endpoint)
} else := nothing("nobody is asked who calls") if {
	not lib.asks_who(endpoint)
} else := nothing("for those whose role allows it") if {
	lib.guarded_by(endpoint, {"authorization", "signature"})
} else := not_told("whether these objects belong to somebody is not told by the code")

chooses(endpoint) if {
	some effect in lib.effects_of(endpoint, {"read", "write", "delete"})
	effect.chosen_by
}

cell(endpoint, "csrf") := missing("the session is a cookie") if {
	reported(endpoint, "csrf")
} else := nothing("it changes nothing") if {
	not lib.changes_state(endpoint)
} else := nothing("callers show a token that browsers do not send by themselves") if {
	endpoint.session == "token"
} else := nothing("machines call it") if {
	for_machines(endpoint)
} else := nothing("the framework compares the origin") if {
	startswith(endpoint.path, "action:")
} else := missing("Django's middleware was removed") if {
	endpoint.framework in {"django", "djangorestframework"}
	middleware_removed
} else := nothing("the framework's middleware checks it") if {
	endpoint.framework in {"django", "djangorestframework"}
} else := missing("the session is a cookie") if {
	endpoint.session == "cookie"
} else := not_told("how callers are recognised is not told by the code")

middleware_removed if {
	some finding in input.findings
	finding.rule == "policy/settings/csrf-middleware-removed"
	not finding.suppression
}

cell(endpoint, "rate-limit") := missing("it can be called without end") if {
	reported(endpoint, "rate-limit")
} else := nothing("nothing to guess, nothing that costs") if {
	not lib.does(endpoint, {"login", "llm", "mail", "message", "password", "payment"})
}

cell(endpoint, "validation") := missing("what is sent is stored as it comes") if {
	reported(endpoint, "validation")
} else := nothing("it stores nothing that is sent") if {
	not stores(endpoint)
} else := nothing("the signature says that a known machine sent it") if {
	lib.guarded_by(endpoint, {"signature"})
} else := not_told("what forms and serializers check is not followed") if {
	endpoint.framework in {"django", "djangorestframework"}
} else := missing("what is sent is stored as it comes")

stores(endpoint) if {
	lib.changes_state(endpoint)
	not endpoint.methods == ["DELETE"]
	lib.does(endpoint, {"write", "payment", "llm"})
}

cell(endpoint, "body-limit") := missing("the body may be of any size") if reported(endpoint, "body-limit")

cell(endpoint, "signature") := missing("machines call it, and nothing shows which") if {
	reported(endpoint, "signature")
} else := nothing("no machine calls it") if {
	not for_machines(endpoint)
} else := not_told("nothing shows who calls") if {
	not lib.guarded_by(endpoint, {"authentication"})
}

# One row a production route: the kinds of guard that it does not have.
rows := [row |
	some index, endpoint in input.endpoints
	lib.in_production(endpoint)
	present := {guard.kind | some guard in endpoint.guards}
	cells := {column: found |
		some column in columns
		not column in present
		found := cell(endpoint, column)
	}
	row := {"endpoint": index, "route": lib.label(endpoint), "cells": cells}
]

# Rows by what the absence of a guard means: `with["csrf"]["missing"]`.
with_state[column][found.state] contains index if {
	some index, row in rows
	some column, found in row.cells
}
