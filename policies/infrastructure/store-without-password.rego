# METADATA
# scope: package
# title: Data store without a password
# description: >-
#   Redis, MongoDB and others ask nobody for a password unless told to. Published on the network they are read,
#   wiped and used to run commands by programs that look for nothing else.
# custom:
#   id: policy/infrastructure/store-without-password
#   severity: high
#   cwe: [306, 1188]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-1.2.2, v5.0.0-13.2.1]
#   remedy: >-
#     set a password (`--requirepass`, `MONGO_INITDB_ROOT_USERNAME` and `_PASSWORD`), and do not publish the port
#   bad: |
#     image: redis:7
#     ports: ["6379:6379"]
#   good: |
#     image: redis:7
#     command: redis-server --requirepass ${REDIS_PASSWORD:?}
package stageclear.infrastructure.store_without_password

import data.stageclear.lib

reachable(service) if {
	some port in service.facts.port
	not port.value.local
}

named(service, names) if {
	some image in service.facts.image
	regex.match(sprintf(`(?:^|/)(?:%s)(?:[:@]|$)`, [names]), image.value)
}

has_variable(service, names) if {
	some variable in service.facts.variable
	variable.value.name in names
}

has_switch(service, names) if {
	some switch in service.facts["switch"]
	switch.value in names
}

open_store(service) := "Redis" if {
	named(service, "redis|valkey|redis-stack|redis-stack-server|keydb|dragonfly")
	not has_switch(service, {"--requirepass", "--aclfile"})
	not has_variable(service, {"REDIS_PASSWORD", "REDIS_ARGS", "VALKEY_PASSWORD"})
	not service.facts["environment-file"]
	not configured(service)
}

open_store(service) := "MongoDB" if {
	named(service, "mongo|mongodb|mongodb-community-server")
	not has_switch(service, {"--auth"})
	not has_variable(service, {"MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_USERNAME_FILE", "MONGODB_INITDB_ROOT_USERNAME", "MONGODB_ROOT_PASSWORD"})
	not service.facts["environment-file"]
	not configured(service)
}

# A configuration file that is mounted may hold the password.
configured(service) if {
	some mount in service.facts.mount
	regex.match(`\.(conf|acl|yml|yaml)$`, mount.value.source)
}

deny contains violation if {
	some service in lib.resources_of("service")
	reachable(service)
	what := open_store(service)
	violation := {
		"title": sprintf("%s is published without a password", [what]),
		"msg": sprintf("everybody who reaches the host uses `%s` without signing in", [service.name]),
		"location": service.facts.image[0].location,
		"severity": severity(service, "high"),
		"confidence": confidence(service, "medium"),
		"content": service.name,
	}
}

# Switches that turn the question off, published or not.
off := {
	"POSTGRES_HOST_AUTH_METHOD": {"trust"}, "MYSQL_ALLOW_EMPTY_PASSWORD": {"yes", "true", "1"},
	"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": {"yes", "true", "1"}, "ALLOW_EMPTY_PASSWORD": {"yes", "true", "1"},
	"xpack.security.enabled": {"false"}, "NEO4J_AUTH": {"none"}, "DISABLE_SECURITY_PLUGIN": {"true"},
}

deny contains violation if {
	some service in lib.resources_of("service")
	some variable in service.facts.variable
	lower(variable.value.value) in off[variable.value.name]
	violation := {
		"title": sprintf("%s lets everybody in", [variable.value.name]),
		"msg": sprintf("`%s=%s` lets everybody who reaches `%s` in without a password", [variable.value.name, variable.value.value, service.name]),
		"location": variable.location,
		"severity": severity(service, reach(service)),
		"confidence": confidence(service, "high"),
		"content": sprintf("%s %s", [service.name, variable.value.name]),
	}
}

reach(service) := "high" if reachable(service)

reach(service) := "medium" if not reachable(service)

severity(service, worst) := worst if not developers(service)

severity(service, _) := "medium" if {
	service.facts.development
	not service.facts["other-for-production"]
}

severity(service, _) := "low" if service.facts["other-for-production"]

# A file that mounts its source or starts development servers, or one beside another for production.
developers(service) if service.facts.development

developers(service) if service.facts["other-for-production"]

confidence(service, sure) := sure if not developers(service)

confidence(service, _) := "low" if developers(service)
