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
#   asvs: [V2.2.1, V11.1.4]
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

# Guessing: who logs in, and with what.
reason(endpoint) := ["passwords can be guessed without limit", "medium"] if guesses(endpoint)

reason(endpoint) := ["codes and links can be asked for and guessed without limit", "medium"] if {
	not guesses(endpoint)
	not lib.asks_who(endpoint)
	lib.is_for(endpoint, `(forgot|reset|recover).*|.*(otp|verification-code|magic-link|2fa|mfa)`)
}

reason(endpoint) := ["accounts can be made without limit", "low"] if {
	not guesses(endpoint)
	lib.is_for(endpoint, `^(register|signup|sign-up|create-account)`)
}

reason(endpoint) := [sprintf("anybody can have `%s` called without limit", [effect.name]), "medium"] if {
	not guesses(endpoint)
	not lib.asks_who(endpoint)
	not lib.is_for(endpoint, `^(register|signup|sign-up|create-account)|(forgot|reset|recover).*|.*(otp|verification-code|magic-link|2fa|mfa)`)
	effect := lib.effects_of(endpoint, {"llm", "mail", "message"})[0]
}

reason(endpoint) := [sprintf("strangers can fill the data base by `%s` without limit", [effect.name]), "medium"] if {
	not guesses(endpoint)
	not lib.asks_who(endpoint)
	lib.public_form(endpoint)
	count(lib.effects_of(endpoint, {"llm", "mail", "message"})) == 0
	effect := lib.effects_of(endpoint, {"write"})[0]
}

reason(endpoint) := [sprintf("a user can have `%s` called without limit", [effect.name]), "low"] if {
	lib.asks_who(endpoint)
	not guesses(endpoint)
	effect := lib.effects_of(endpoint, {"llm", "message"})[0]
}

guesses(endpoint) if {
	lib.is_for(endpoint, `^(login|log-in|signin|sign-in|authenticate|token|auth|session|sessions|access-token|login-.*|.*-login|do-login|handle-login|verify-password)$`)
	lib.does(endpoint, {"login"})
}

guesses(endpoint) if {
	lib.is_for(endpoint, `^(login|log-in|signin|sign-in)$`)
	lib.changes_state(endpoint)
}

# Views of libraries that take a name and a password.
guesses(endpoint) if regex.match(`(^|\.)(TokenObtain\w*View|obtain_auth_token|ObtainAuthToken|LoginView)(\.|$)`, endpoint.handler)

deny contains violation if {
	some endpoint in unlimited
	[why, severity] := reason(endpoint)
	violation := {
		"title": sprintf("Missing rate limit on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` has no rate limit: %s", [lib.label(endpoint), why]),
		"location": lib.site(endpoint),
		"severity": severity,
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}
