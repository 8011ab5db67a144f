# METADATA
# scope: package
# title: Webhook without signature check
# description: >-
#   A webhook's address is known or guessed. Without checking the sender's signature, anybody can say that an order is
#   paid or a subscription is active.
# related_resources:
#   - https://docs.stripe.com/webhooks#verify-official-libraries
# custom:
#   id: policy/endpoints/unverified-webhook
#   severity: high
#   cwe: [345, 347]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-13.2.6, v5.0.0-4.1.5]
#   remedy: >-
#     check the signature of the raw body with the sender's library (`stripe.Webhook.construct_event`, `constructEvent`)
#     or an HMAC compared in constant time, and answer 400 otherwise
#   bad: |
#     app.post("/webhook", express.json(), (req, res) => fulfil(req.body.data.object));
#   good: |
#     app.post("/webhook", express.raw({ type: "application/json" }), (req, res) =>
#       fulfil(stripe.webhooks.constructEvent(req.body, req.headers["stripe-signature"], secret).data.object));
package stageclear.endpoints.unverified_webhook

import data.stageclear.lib

hook(endpoint) if lib.is_for(endpoint, `^(webhooks?|.*-webhooks?|webhooks?-.*|ipn|stripe-events?)$`)

# Routes that keep the addresses of others' webhooks are called by users: they are changed and removed, and written down.
kept(endpoint) if {
	some method in endpoint.methods
	method in {"PUT", "PATCH", "DELETE"}
}

kept(endpoint) if {
	some effect in lib.effects_of(endpoint, {"write", "delete"})
	regex.match(`(?i)webhooks?(s?service|repository|model)?\.(create|insert|save|add|update|upsert|delete|remove|destroy)`, effect.name)
}

# Pages on which users keep the addresses of others' webhooks.
kept(endpoint) if regex.match(`(?i)webhooks?/([:{<(\[][^/]*/)?(add|new|edit|create|update|delete|logs?|list|test|settings)/?$`, endpoint.path)

deny contains violation if {
	some endpoint in lib.production_endpoints
	lib.changes_state(endpoint)
	hook(endpoint)
	not kept(endpoint)
	not "the handler is made elsewhere" in object.get(endpoint, "unknown", [])
	not lib.guarded_by(endpoint, {"signature", "authentication", "authorization", "ownership"})
	lib.does(endpoint, {"write", "delete", "payment", "mail", "message", "command", "llm"})
	violation := {
		"title": sprintf("Webhook without signature check: %s", [endpoint.path]),
		"msg": sprintf("`%s` acts on what it is sent, and nothing checks who sent it", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": severity(endpoint),
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# Where the signature goes to something else, that may well check it.
handed_on(endpoint) if "a signature is taken and handed on" in object.get(endpoint, "unknown", [])

# A word in the path that only the sender was told; the same function may answer without it, where it is not asked for.
told_in_path contains lib.site(endpoint) if {
	some endpoint in lib.production_endpoints
	regex.match(`(?i)[:{<\[][^/]*(secret|token|signature|api_?key|hook_?key)`, endpoint.path)
}

unsure(endpoint) if handed_on(endpoint)

unsure(endpoint) if lib.site(endpoint) in told_in_path

severity(endpoint) := "medium" if unsure(endpoint)

severity(endpoint) := "high" if not unsure(endpoint)

# What a payment service tells is acted upon, wherever that stands.
deny contains violation if {
	some endpoint in lib.production_endpoints
	"POST" in endpoint.methods
	hook(endpoint)
	lib.is_for(endpoint, `paypal|stripe|razorpay|mercado-?pago|paddle|lemon-?squeezy|mollie|paystack|flutterwave|cashfree|midtrans`)
	not kept(endpoint)
	not "the handler is made elsewhere" in object.get(endpoint, "unknown", [])
	not lib.guarded_by(endpoint, {"signature", "authentication", "authorization", "ownership"})
	not lib.does(endpoint, {"write", "delete", "payment", "mail", "message", "command", "llm", "read", "fetch"})
	violation := {
		"title": sprintf("Webhook without signature check: %s", [endpoint.path]),
		"msg": sprintf("nothing checks who sends `%s` word of payments", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# A secret that nobody set is no secret: where it is missing, everything has to be refused.
deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "unset-secret"
	lib.in_production(disclosure)
	violation := {
		"title": "Signature is not asked for where its secret is not set",
		"msg": "where the secret is not set, whatever is sent passes: refuse it, or do not start without the secret",
		"location": disclosure.location,
		"severity": "medium",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}
