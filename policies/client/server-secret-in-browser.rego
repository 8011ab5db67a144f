# METADATA
# scope: package
# title: Secret in the browser bundle
# description: >-
#   Bundlers replace variables with a public prefix by their values, and copy what their configuration names. Whatever
#   is in the bundle can be read by everybody who opens the page. Anon and publishable keys are made for that; keys of
#   model providers, service roles, signing keys and passwords are not.
# related_resources:
#   - https://nextjs.org/docs/app/guides/environment-variables#bundling-environment-variables-for-the-browser
#   - https://vite.dev/guide/env-and-mode
# custom:
#   id: policy/client/server-secret-in-browser
#   severity: high
#   cwe: [522, 200, 798]
#   owasp: ["A04:2021", "A07:2021", "LLM02:2025"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     use the secret on a server only (a route of your own that checks who asks), name it without the public prefix, and
#     replace the one that was shipped
#   bad: |
#     const openai = new OpenAI({ apiKey: import.meta.env.VITE_OPENAI_API_KEY, dangerouslyAllowBrowser: true });
#   good: |
#     const answer = await fetch("/api/ask", { method: "POST", body: question });
package stageclear.client.server_secret_in_browser

import data.stageclear.lib

severity := {
	"service-role": "critical", "payment": "critical", "database": "critical", "signing-key": "critical",
	"model-key": "high", "secret": "high", "password": "high", "api-key": "low",
}

what := {
	"service-role": "a key that passes over every access rule of the database",
	"payment": "a secret key of a payment provider",
	"database": "the address of a database with its password",
	"signing-key": "a key that sessions or tokens are signed with",
	"model-key": "a key whose use its owner pays for",
	"secret": "a secret",
	"password": "a password",
	"api-key": "an API key that may not be meant for browsers",
}

# Names in capitals, as in `GEMINI_API_KEY`; a test's or an example's variables reach nobody.
deny contains violation if {
	some exposure in input.exposures
	lib.in_production(exposure)
	exposure.kind in {"public-variable", "inlined-variable"}
	harm := severity[exposure.credential]
	not for_pages(exposure)
	# That all of it is copied is told by a rule of its own.
	exposure.name != "process.env"
	violation := {
		"title": sprintf("%s reaches the browser", [exposure.name]),
		"msg": sprintf("`%s` is %s, and %s", [exposure.name, what[exposure.credential], way(exposure)]),
		"location": exposure.location,
		"severity": harm,
		"confidence": confidence(exposure),
		"content": exposure.name,
	}
}

# Keys that a page shows to the service by design, and that the service ties to the page.
for_pages(exposure) if regex.match(`(?i)site_?key|publishable|re_?captcha|h_?captcha|turnstile`, exposure.name)

way(exposure) := "its prefix puts it into the bundle" if exposure.kind == "public-variable"

way(exposure) := "the bundler's configuration copies it into the bundle" if exposure.kind == "inlined-variable"

confidence(exposure) := "high" if object.get(exposure, "reached_from", "") != ""

confidence(exposure) := "high" if object.get(exposure, "written", false)

confidence(exposure) := "medium" if {
	object.get(exposure, "reached_from", "") == ""
	not object.get(exposure, "written", false)
}
