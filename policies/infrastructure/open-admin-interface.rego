# METADATA
# scope: package
# title: Administration interface is open
# description: >-
#   The administration interfaces of Caddy and Traefik ask for no login: whoever reaches them changes where
#   requests go and reads certificates' keys.
# custom:
#   id: policy/infrastructure/open-admin-interface
#   severity: high
#   cwe: [306]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-4.3.1, v5.0.0-8.4.2]
#   remedy: >-
#     keep it on the loopback address or turn it off: `admin off`, no `--api.insecure=true`
#   bad: |
#     { admin 0.0.0.0:2019 }
#   good: |
#     { admin off }
package stageclear.infrastructure.open_admin_interface

import data.stageclear.lib

deny contains violation if {
	some server in lib.resources_of("web-server")
	some admin in server.facts.admin
	regex.match(`^(?:0\.0\.0\.0|\[::\])?:\d+$`, admin.value)
	violation := {
		"msg": sprintf("Caddy's administration interface listens on `%s`", [admin.value]),
		"location": admin.location,
		"content": "caddy admin",
	}
}

deny contains violation if {
	some service in lib.resources_of("service")
	some switch in service.facts["switch"]
	switch.value == "--api.insecure=true"
	some port in service.facts.port
	port.value.target == "8080"
	not port.value.local
	violation := {
		"msg": sprintf("Traefik's dashboard and API of `%s` are published without a login", [service.name]),
		"location": port.location,
		"severity": "medium",
		"content": "traefik api",
	}
}

# Programs that show a data store to whoever opens them, and those that ask at least for the password of the store.
without_login := {"redis-commander": "Redis", "mongo-express": "MongoDB", "redisinsight": "Redis", "kafka-ui": "Kafka", "prisma-studio": "the data base"}

with_login := {"adminer": "the data base", "phpmyadmin": "MySQL", "pgadmin4": "PostgreSQL", "pgweb": "PostgreSQL", "cloudbeaver": "the data base"}

tools := object.union(without_login, with_login)

tool_of(service) := tool if {
	some image in service.facts.image
	name := regex.replace(lower(image.value), `(@sha256)?:[^/]*$`, "")
	parts := split(name, "/")
	some tool, _ in tools
	tool == parts[count(parts) - 1]
}

deny contains violation if {
	some service in lib.resources_of("service")
	not service.facts.development
	tool := tool_of(service)
	some port in service.facts.port
	not port.value.local
	violation := {
		"title": sprintf("%s is published", [tool]),
		"msg": sprintf("`%s` opens %s to everybody who reaches the host: bind its port to 127.0.0.1 or leave it out of what is deployed", [service.name, tools[tool]]),
		"location": port.location,
		"severity": exposure(tool),
		"confidence": "medium",
		"content": sprintf("%s %s", [service.name, tool]),
	}
}

exposure(tool) := "medium" if without_login[tool]

exposure(tool) := "low" if not without_login[tool]
