# METADATA
# scope: package
# title: Development server in production
# description: >-
#   Development servers reload code, show stack traces and source, often with a debugger, serve one request at a
#   time and are said by their own makers to be unfit for production.
# custom:
#   id: policy/infrastructure/development-server
#   severity: medium
#   cwe: [489, 1188]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-14.3.2, v5.0.0-13.4.2, v5.0.0-15.2.3]
#   remedy: >-
#     start the production server: gunicorn or uvicorn without `--reload`, `next start`, built files behind a web
#     server
#   bad: |
#     CMD ["flask", "run", "--host", "0.0.0.0"]
#   good: |
#     CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]
package stageclear.infrastructure.development_server

import data.stageclear.lib

deny contains violation if {
	some stage in lib.resources_of("image-stage")
	stage.facts.final
	some server in stage.facts["dev-server"]
	violation := {
		"title": sprintf("Image starts a development server: %s", [server.value]),
		"msg": sprintf("`%s` is what the image runs", [server.value]),
		"location": server.location,
		"confidence": "high",
		"content": server.value,
	}
}

deny contains violation if {
	some process in lib.resources_of("process")
	some server in process.facts["dev-server"]
	violation := {
		"title": sprintf("Platform starts a development server: %s", [server.value]),
		"msg": sprintf("`%s` is what the process `%s` runs", [server.value, process.name]),
		"location": server.location,
		"confidence": "high",
		"content": server.value,
	}
}

# A compose file with one is made for developers, as a rule.
warn contains violation if {
	some service in lib.resources_of("service")
	some server in service.facts["dev-server"]
	violation := {
		"title": sprintf("Service starts a development server: %s", [server.value]),
		"msg": sprintf("`%s` is what the service `%s` runs", [server.value, service.name]),
		"location": server.location,
		"severity": "low",
		"confidence": "medium",
		"content": server.value,
	}
}
