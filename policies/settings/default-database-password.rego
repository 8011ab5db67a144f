# METADATA
# scope: package
# title: Default database password
# description: >-
#   A database with a well-known or written-down password is open to everyone who reaches its port.
# custom:
#   id: policy/settings/default-database-password
#   severity: medium
#   cwe: [1392, 798]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.2, v5.0.0-13.2.3]
#   remedy: >-
#     generate a password per environment and read it from the environment or a secret store
#   bad: |
#     POSTGRES_PASSWORD=postgres
#   good: |
#     POSTGRES_PASSWORD=${DB_PASSWORD:?}
package stageclear.settings.default_database_password

import data.stageclear.lib

names := {
	"POSTGRES_PASSWORD", "PGPASSWORD", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_PASSWORD", "MARIADB_ROOT_PASSWORD",
	"MONGO_INITDB_ROOT_PASSWORD", "REDIS_PASSWORD", "DB_PASSWORD", "DB_PASS", "DATABASE_PASSWORD",
}

common := {
	"postgres", "password", "passwd", "root", "admin", "mysql", "secret", "example", "test", "changeme", "change-me",
	"123456", "12345678", "qwerty", "mongo", "redis", "dev", "user", "guest", "default",
}

is_password(setting) if regex.match(`^DATABASES\.[^.]+\.PASSWORD$`, setting.key)

is_password(setting) if lib.leaf(setting.key) in names

weak(setting) if object.get(setting, "weak", false) == true

weak(setting) if {
	some value in lib.possible(setting)
	is_string(value)
	lower(value) in common
}

deny contains violation if {
	some setting in lib.production_settings
	is_password(setting)
	weak(setting)
	violation := {
		"title": sprintf("Default database password in %s", [lib.leaf(setting.key)]),
		"msg": sprintf("`%s` is a well-known password%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

deny contains violation if {
	some setting in lib.production_settings
	lib.in_code(setting)
	is_password(setting)
	not weak(setting)
	lib.is_written(setting)
	is_string(setting.value.value)
	setting.value.value != ""
	violation := {
		"title": sprintf("Database password written in %s", [setting.key]),
		"msg": sprintf("`%s` stands in the source", [setting.key]),
		"location": setting.location,
		"content": setting.key,
	}
}
