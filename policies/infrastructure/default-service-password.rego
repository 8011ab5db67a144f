# METADATA
# scope: package
# title: Default password of a service
# description: >-
#   Consoles, queues and object stores come with passwords that everybody knows and that programs on the
#   internet try first.
# custom:
#   id: policy/infrastructure/default-service-password
#   severity: medium
#   cwe: [1392, 798]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.2, v5.0.0-13.2.3]
#   remedy: >-
#     generate a password per environment and read it from the environment: `${ADMIN_PASSWORD:?}`
#   bad: |
#     GF_SECURITY_ADMIN_PASSWORD: admin
#   good: |
#     GF_SECURITY_ADMIN_PASSWORD: ${GRAFANA_PASSWORD:?}
package stageclear.infrastructure.default_service_password

import data.stageclear.lib

# Databases' own names are judged by `default-database-password`.
names := {
	"RABBITMQ_DEFAULT_PASS", "MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY", "GF_SECURITY_ADMIN_PASSWORD", "PGADMIN_DEFAULT_PASSWORD",
	"KEYCLOAK_ADMIN_PASSWORD", "KC_BOOTSTRAP_ADMIN_PASSWORD", "ELASTIC_PASSWORD", "ME_CONFIG_BASICAUTH_PASSWORD",
	"DOCKER_INFLUXDB_INIT_PASSWORD", "COUCHDB_PASSWORD", "CLICKHOUSE_PASSWORD", "ADMIN_PASSWORD", "DEFAULT_ADMIN_PASSWORD",
	"OPENSEARCH_INITIAL_ADMIN_PASSWORD", "SURREAL_PASS", "AIRFLOW_ADMIN_PASSWORD", "NEXUS_PASSWORD", "VNC_PASSWORD",
}

known := {"minioadmin", "minio123", "guest", "admin", "password", "changeme", "rabbitmq", "admin123", "root", "secret", "elastic", "pass"}

bad(value) if value.weak

bad(value) if lower(value.value) in known

bad(value) if {
	value.secret
	value.placeholder
}

deny contains violation if {
	some service in lib.resources_of("service")
	some variable in service.facts.variable
	variable.value.name in names
	bad(variable.value)
	not lib.is_secret_told(variable.location)
	violation := {
		"title": sprintf("Default password of a service in %s", [variable.value.name]),
		"msg": sprintf("`%s` of the service `%s` is a well-known password", [variable.value.name, service.name]),
		"location": variable.location,
		"severity": severity(service),
		"confidence": "high",
		"content": sprintf("%s %s", [service.name, variable.value.name]),
	}
}

severity(service) := "low" if service.facts["other-for-production"]

severity(service) := "medium" if not service.facts["other-for-production"]
