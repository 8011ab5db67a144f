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
