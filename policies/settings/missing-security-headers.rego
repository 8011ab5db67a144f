# METADATA
# scope: package
# title: No security headers
# description: >-
#   Without headers such as Content-Security-Policy, X-Frame-Options and X-Content-Type-Options a browser lets other sites
#   frame the pages, guesses types and runs whatever script gets into a page.
# custom:
#   id: policy/settings/missing-security-headers
#   severity: low
#   cwe: [693, 1021]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-14.4.4, v4.0.3-14.4.6, v4.0.3-14.4.7, v5.0.0-3.4.4, v5.0.0-3.4.5, v5.0.0-3.4.6]
#   remedy: >-
#     use helmet (Express), Flask-Talisman, a middleware that sets them, or the headers of the server in front
#   bad: |
#     const app = express();
#   good: |
#     const app = express();
#     app.use(helmet());
package stageclear.settings.missing_security_headers

import data.stageclear.lib

# Apps by framework, the first place of each.
apps := lib.grouped({[setting.value.value, [rank(setting.location.path), setting.location.path, setting.location.line, setting.location]] |
	some setting in lib.production_settings
	setting.key == "app"
	setting.value.kind == "literal"
})

# The main file rather than a tool's, the outer one rather than the inner.
rank(path) := count(split(path, "/")) if regex.match(`(^|/)(main|app|server|index|__init__|wsgi|asgi|run)\.[a-z]+$`, path)

rank(path) := 100 + count(split(path, "/")) if not regex.match(`(^|/)(main|app|server|index|__init__|wsgi|asgi|run)\.[a-z]+$`, path)

# Anything that sends them anywhere in the project: code, or the server in front.
sent contains setting.key if {
	some setting in lib.production_settings
	startswith(setting.key, "headers.")
}

sent contains setting.key if {
	some setting in lib.production_settings
	startswith(setting.key, "helmet")
}

known := {"content-security-policy", "x-frame-options", "x-content-type-options", "strict-transport-security"}

sent contains "headers.file" if {
	some setting in lib.production_settings
	not lib.in_code(setting)
	some value in lib.possible(setting)
	is_string(value)
	lower(value) in known
}

sent contains "headers.file" if {
	some setting in lib.production_settings
	lower(lib.leaf(setting.key)) in known
}

# The web server in front sends them.
sent contains "headers.server" if {
	some kind in ["web-server", "web-location"]
	some resource in lib.resources_of(kind)
	some header in object.get(resource.facts, "header", [])
	header.value.name in known
}

names := {"flask": "Flask", "fastapi": "FastAPI", "express": "Express", "fastify": "Fastify", "hono": "Hono", "koa": "Koa"}

warn contains violation if {
	count(sent) == 0
	some framework, places in apps
	first := sort(places)[0]
	violation := {
		"title": "No security headers",
		"msg": sprintf("nothing in the project sets security headers for this %s app", [object.get(names, framework, framework)]),
		"location": first[3],
		"confidence": "medium",
		"content": sprintf("headers %s", [framework]),
	}
}
