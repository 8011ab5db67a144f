package stageclear.settings.database_without_tls_test

import data.stageclear.settings.database_without_tls

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

setting(dialect, key, value) := {
	"dialect": dialect, "key": key, "value": value, "location": at(3), "context": "production",
}

literal(value) := {"kind": "literal", "value": value}

facts(settings) := {"settings": settings}

test_remote_hosts_without_tls_are_told if {
	found := database_without_tls.warn with input as facts([
		setting("dotenv", "DATABASE_URL", literal("postgresql://app:…(8)@db.shop.example:5432/shop?sslmode=disable")),
		setting("compose", "services.web.environment.NODE_TLS_REJECT_UNAUTHORIZED", literal("0")),
	])
	{violation.severity | some violation in found; violation.severity} == {"high"}
	count(found) == 2
}

test_local_and_encrypted_connections_pass if {
	count(database_without_tls.warn) == 0 with input as facts([
		setting("dotenv", "DATABASE_URL", literal("postgresql://app:…(8)@localhost:5432/shop?sslmode=disable")),
		setting("dotenv", "DATABASE_URL", literal("postgresql://app:…(8)@db:5432/shop?sslmode=disable")),
		setting("dotenv", "DATABASE_URL", literal("postgresql://app:…(8)@db.shop.example/shop?sslmode=require")),
		setting("dotenv", "NODE_TLS_REJECT_UNAUTHORIZED", literal("1")),
	])
}
