# METADATA
# scope: package
# title: Anybody can spend your money
# description: >-
#   A route that calls a paid model, sends text messages or mail, and neither asks who calls nor limits how often, is
#   found by scripts within days; the bill is yours.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/
#   - https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/
# custom:
#   id: policy/endpoints/unlimited-paid-call
#   severity: medium
#   cwe: [770, 306]
#   owasp: ["API4:2023", "LLM10:2025"]
#   asvs: [v4.0.3-11.1.4, v5.0.0-2.4.1]
#   remedy: >-
#     ask who calls, limit calls per user and day, and set a budget at the provider
#   bad: |
#     @app.post("/api/chat")
#     def chat(): return client.chat.completions.create(model=m, messages=request.json["messages"])
#   good: |
#     @app.post("/api/chat")
#     @login_required
#     @limiter.limit("20/hour")
#     def chat(): return client.chat.completions.create(model=m, messages=own(request.json), max_tokens=500)
package stageclear.endpoints.unlimited_paid_call

import data.stageclear.lib

deny contains violation if {
	some endpoint in lib.production_endpoints
	not lib.asks_who(endpoint)
	not lib.guarded_by(endpoint, {"rate-limit"})
	effect := lib.effects_of(endpoint, {"llm", "message"})[0]
	violation := {
		"title": sprintf("Anybody can spend your money: %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` costs money each time, and `%s` neither asks who calls nor limits how often", [effect.name, lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
		"related": [
			{"location": effect.location, "message": sprintf("`%s`", [effect.name])},
			{"location": lib.site(endpoint), "message": "also policy/endpoints/missing-authentication: nobody is asked who calls"},
			{"location": lib.site(endpoint), "message": "also policy/endpoints/missing-rate-limit: nothing limits how often"},
		],
	}
}
