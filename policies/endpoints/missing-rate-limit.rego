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

# Guessing: who logs in, and with what.
reason(endpoint) := ["passwords can be guessed without limit", "medium"] if {
	guesses(endpoint)
} else := [sprintf("a user can have `%s` called without limit", [effect.name]), "low"] if {
	lib.asks_who(endpoint)
	not makes_account(endpoint)
	effect := lib.effects_of(endpoint, {"llm", "message"})[0]
} else := ["codes and links can be asked for and guessed without limit", "medium"] if {
	not lib.asks_who(endpoint)
	lib.is_for(endpoint, `(forgot|reset|recover).*|.*(otp|verification-code|magic-link|2fa|mfa)`)
} else := ["accounts can be made without limit", "low"] if {
	makes_account(endpoint)
} else := [sprintf("anybody can have `%s` called without limit", [effect.name]), "medium"] if {
	not lib.asks_who(endpoint)
	effect := lib.effects_of(endpoint, {"llm", "mail", "message"})[0]
} else := [sprintf("strangers can fill the data base by `%s` without limit", [effect.name]), "medium"] if {
	not lib.asks_who(endpoint)
	lib.public_form(endpoint)
	effect := lib.effects_of(endpoint, {"write"})[0]
}

makes_account(endpoint) if lib.is_for(endpoint, `^(register|signup|sign-up|create-account)`)

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
