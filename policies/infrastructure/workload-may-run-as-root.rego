# METADATA
# scope: package
# title: Workload may run as root
# description: >-
#   Unless its security context says otherwise a container of a pod runs as the user of its image, which is root
#   more often than not, and its processes may gain further rights.
# custom:
#   id: policy/infrastructure/workload-may-run-as-root
#   severity: low
#   cwe: [250]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-1.2.1, v5.0.0-13.2.2]
#   remedy: >-
#     set `runAsNonRoot: true` and `allowPrivilegeEscalation: false` in the container's `securityContext`
#   bad: |
#     containers: [{name: web, image: web:1.2}]
#   good: |
#     containers:
#       - name: web
#         image: web:1.2
#         securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false}
package stageclear.infrastructure.workload_may_run_as_root

import data.stageclear.lib

images_with_user := `(?:^|/)(?:postgres|mysql|mariadb|mongo|redis|valkey|rabbitmq|memcached|nginx|nginx-unprivileged|httpd|caddy|traefik)(?:[:@]|$)|distroless|bitnami/|chainguard`

safe(item) if {
	some set in item.facts.runAsNonRoot
	set.value == true
}

safe(item) if {
	some set in item.facts.runAsUser
	set.value != "0"
}

safe(item) if {
	some image in item.facts.image
	regex.match(images_with_user, image.value)
	not item.facts.runAsUser
}

warn contains violation if {
	some item in lib.resources_of("container")
	item.facts.workload
	not safe(item)
	violation := {
		"msg": sprintf("nothing keeps `%s` from running as root", [item.name]),
		"location": item.location,
		"confidence": "medium",
		"content": item.name,
	}
}
