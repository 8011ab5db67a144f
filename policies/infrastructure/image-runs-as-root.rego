# METADATA
# scope: package
# title: Image runs as root
# description: >-
#   Without a `USER` the processes of a container run as root. Whoever breaks into the program is then root in
#   the container, may change everything in it, and is one kernel or runtime flaw away from the host.
# related_resources:
#   - https://docs.docker.com/build/building/best-practices/#user
# custom:
#   id: policy/infrastructure/image-runs-as-root
#   severity: low
#   cwe: [250]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-1.2.1, v5.0.0-13.2.2]
#   remedy: >-
#     create a user in the last stage and switch to it with `USER` before `CMD`
#   bad: |
#     FROM python:3.12-slim
#     CMD ["gunicorn", "app:app"]
#   good: |
#     FROM python:3.12-slim
#     RUN useradd --create-home app
#     USER app
#     CMD ["gunicorn", "app:app"]
package stageclear.infrastructure.image_runs_as_root

import data.stageclear.lib

# Images that start as root and give it up themselves, or have another user set.
own_user := `(^|/)(nginx|httpd|caddy|traefik|haproxy|postgres|mysql|mariadb|mongo|redis|valkey|rabbitmq|memcached|elasticsearch|kibana|grafana|prometheus|keycloak|sonarqube|jenkins|airflow|n8n|jboss|wildfly|neo4j|influxdb|vault|consul|postgrest|pgadmin4|bitnami[^/]*)$|nginx-unprivileged|chainguard|distroless|bitnami/`

# The last stage that starts something; what is only a base for others, or only copies files, runs nothing.
runs(stage) if {
	stage.facts.final
	stage.facts.start
}

is_root(stage) if not stage.facts.user

is_root(stage) if {
	some user in stage.facts.user
	lower(user.value) in {"root", "0"}
}

explicit(stage) if stage.facts.user

drops(stage) if stage.facts["drops-privileges"]

drops(stage) if {
	not explicit(stage)
	some base in stage.facts.base
	base.value.known
	regex.match(own_user, base.value.image)
}

drops(stage) if {
	some base in stage.facts.base
	is_string(base.value.tag)
	contains(base.value.tag, "nonroot")
}

# What runs on a platform's own base as another user is not known.
unknown(stage) if {
	not explicit(stage)
	some base in stage.facts.base
	not base.value.known
}

warn contains violation if {
	some stage in lib.resources_of("image-stage")
	runs(stage)
	is_root(stage)
	not drops(stage)
	not unknown(stage)
	violation := {
		"msg": "the last stage sets no user other than root for what it starts",
		"location": place(stage),
		"confidence": "high",
		"content": "user",
	}
}

place(stage) := stage.facts.user[0].location if explicit(stage)

place(stage) := stage.location if not explicit(stage)
