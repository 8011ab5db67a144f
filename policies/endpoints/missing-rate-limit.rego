# METADATA
# scope: package
# title: Missing rate limit
# description: >-
#   Passwords, one-time codes and reset links can be guessed as often as the server answers; mail, text messages and
#   model calls cost money each time. A limit per account and address ends both.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/
# custom:
#   id: policy/endpoints/missing-rate-limit
#   severity: medium
#   cwe: [307, 770]
#   owasp: ["A07:2021", "API4:2023"]
#   asvs: [v4.0.3-2.2.1, v4.0.3-11.1.4, v5.0.0-2.4.1, v5.0.0-6.3.1]
#   remedy: >-
#     put a limiter on the route (flask-limiter, slowapi, express-rate-limit, @fastify/rate-limit, a limit by key in
#     the store) and mount it before the route
#   bad: |
#     @app.post("/login")
#     def login(): ...
#   good: |
#     @app.post("/login")
#     @limiter.limit("5/minute")
#     def login(): ...
package stageclear.endpoints.missing_rate_limit

import data.stageclear.lib

unlimited := [endpoint |
	some endpoint in lib.production_endpoints
	accepts(endpoint)
	not lib.guarded_by(endpoint, {"rate-limit"})
]

accepts(endpoint) if lib.changes_state(endpoint)

accepts(endpoint) if lib.does(endpoint, {"llm", "mail", "message"})

# Cards can be tried out: a charge that is confirmed at once tells whether one is good.
tries_cards(endpoint) if {
	lib.is_for(endpoint, `card|payment-?method`)
	some method in endpoint.methods
	method in {"POST", "PUT", "ANY"}
	some effect in lib.effects_of(endpoint, {"payment"})
	regex.match(`(?i)(create|confirm|charge|attach|verify|capture)`, effect.name)
}

# Guessing: who logs in, and with what.
reason(endpoint) := ["passwords can be guessed without limit", "medium"] if {
	guesses(endpoint)
} else := [sprintf("a user can have `%s` called without limit", [effect.name]), "low"] if {
	lib.asks_who(endpoint)
	not makes_account(endpoint)
	effect := lib.effects_of(endpoint, {"llm", "message"})[0]
} else := ["codes and links can be asked for and guessed without limit", "medium"] if {
	not lib.asks_who(endpoint)
	asks_for_code(endpoint)
} else := ["stolen cards can be tried out without limit", "medium"] if {
	tries_cards(endpoint)
} else := [sprintf("a user can have `%s` called without limit", [effect.name]), "low"] if {
	lib.asks_who(endpoint)
	lib.is_for(endpoint, `verif|resend|invit|share|receipt|support|^(send|test)-?e?mail`)
	effect := lib.effects_of(endpoint, {"mail"})[0]
} else := ["accounts can be made without limit", "low"] if {
	makes_account(endpoint)
} else := [sprintf("anybody can have `%s` called without limit", [effect.name]), weight(endpoint)] if {
	not lib.asks_who(endpoint)
	# Models and text messages are told by `unlimited-paid-call`.
	not lib.does(endpoint, {"llm", "message"})
	effect := lib.effects_of(endpoint, {"mail"})[0]
} else := [sprintf("strangers can fill the data base by `%s` without limit", [effect.name]), "medium"] if {
	not lib.asks_who(endpoint)
	lib.public_form(endpoint)
	effect := lib.effects_of(endpoint, {"write"})[0]
}

# Where nobody asks who calls though somebody should, that is what is wrong.
weight(endpoint) := "medium" if meant_for_all(endpoint)

weight(endpoint) := "low" if not meant_for_all(endpoint)

meant_for_all(endpoint) if lib.public_by_design(endpoint.path)

meant_for_all(endpoint) if lib.public_form(endpoint)

meant_for_all(endpoint) if not lib.does(endpoint, {"write", "delete", "payment"})

asks_for_code(endpoint) if lib.is_for(endpoint, `^(forgot|recover).*|.*(otp|verification-code|magic-link|2fa|mfa)`)

# Much else is reset: tables, counters, errors.
asks_for_code(endpoint) if {
	lib.is_for(endpoint, `^reset.*|.*reset$`)
	lib.does(endpoint, {"mail", "message", "password", "login"})
}

# A mail that is sent by asking a service over the network.
asks_for_code(endpoint) if {
	lib.is_for(endpoint, `^reset$`)
	lib.does(endpoint, {"fetch"})
	lib.does(endpoint, {"write"})
}

asks_for_code(endpoint) if lib.is_for(endpoint, `reset-?(password|senha|contrase)|(password|senha|contrasena)-?reset|^resetpassword`)

makes_account(endpoint) if lib.is_for(endpoint, `^(register|signup|sign-up|create-?(account|user|advisor|member|customer|admin|agent|staff|profile)s?$)`)

guesses(endpoint) if {
	lib.is_for(endpoint, `^(login|log-in|signin|sign-in|authenticate|token|auth|session|sessions|access-token|login-.*|.*-login|do-login|handle-login|verify-password)$`)
	lib.does(endpoint, {"login"})
	not shows_token(endpoint)
}

# A signed or random token that is shown again: nobody guesses it.
shows_token(endpoint) if {
	lib.is_for(endpoint, `^(refresh|refresh-?tokens?|renew|rotate|logout|log-out|signout|sign-out)$`)
	not lib.is_for(endpoint, `^(login|log-in|signin|sign-in)$`)
}

guesses(endpoint) if {
	lib.is_for(endpoint, `^(login|log-in|signin|sign-in)$`)
	lib.changes_state(endpoint)
}

guesses(endpoint) if lib.is_login_view(endpoint)

# Actions of one file are told together where they are many: nobody reads ten times the same.
crowded := lib.grouped({[path, lib.label(endpoint)] |
	some endpoint in unlimited
	startswith(endpoint.path, "action:")
	reason(endpoint)
	path := lib.site(endpoint).path
})

in_crowd(endpoint) if {
	startswith(endpoint.path, "action:")
	count(object.get(crowded, lib.site(endpoint).path, set())) > 3
}

deny contains violation if {
	some path, labels in crowded
	count(labels) > 3
	found := sort([[lib.site(endpoint).line, lib.site(endpoint), reason(endpoint)[1]] |
		some endpoint in unlimited
		startswith(endpoint.path, "action:")
		lib.site(endpoint).path == path
		reason(endpoint)
	])
	violation := {
		"title": sprintf("Missing rate limit on %d actions", [count(labels)]),
		"msg": sprintf("%d actions of this file have no rate limit, such as `%s`", [count(labels), sort(labels)[0]]),
		"location": found[0][1],
		"severity": worst(found),
		"confidence": "medium",
		"content": concat(" ", sort(labels)),
		"related": [{"location": one[1], "message": "not limited"} | some one in array.slice(found, 1, 31)],
	}
}

worst(found) := "medium" if is_medium(found)

worst(found) := "low" if not is_medium(found)

is_medium(found) if {
	some one in found
	one[2] == "medium"
}

deny contains violation if {
	some endpoint in unlimited
	not in_crowd(endpoint)
	[why, severity] := reason(endpoint)
	violation := {
		"title": sprintf("Missing rate limit on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` has no rate limit: %s", [lib.label(endpoint), why]),
		"location": lib.site(endpoint),
		"severity": severity,
		"confidence": "medium",
		"content": lib.label(endpoint),
		"related": costs(endpoint),
	}
}

# Where it is paid for, if that is elsewhere.
costs(endpoint) := [{"location": effect.location, "message": sprintf("`%s` is called each time", [effect.name])} |
	some effect in array.slice(lib.effects_of(endpoint, {"llm", "mail", "message", "payment"}), 0, 3)
]

# Whoever writes another address into the header is somebody else to the limiter.
deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "spoofable-limit"
	lib.in_production(disclosure)
	violation := {
		"title": "Limit is kept by a header of the client",
		"msg": "callers write `X-Forwarded-For` themselves, and a new value begins a new count: take the address of the connection, or let the framework read the header of a proxy that you name",
		"location": disclosure.location,
		"severity": "medium",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
