# METADATA
# scope: package
# title: Connection without checked encryption
# description: >-
#   Without TLS whoever is on the way reads what goes to the database and back, password included; with a certificate that
#   nobody checks they only have to answer in its place.
# custom:
#   id: policy/settings/database-without-tls
#   severity: medium
#   cwe: [295, 319]
#   owasp: ["A02:2021"]
#   asvs: [v4.0.3-9.2.2, v5.0.0-12.3.1, v5.0.0-12.3.2]
#   remedy: >-
#     use `sslmode=verify-full` (or what the driver calls it) with the provider's certificate
#   bad: |
#     DATABASE_URL=postgresql://app@db.shop.example/shop?sslmode=disable
#   good: |
#     DATABASE_URL=postgresql://app@db.shop.example/shop?sslmode=verify-full
package stageclear.settings.database_without_tls

import data.stageclear.lib

# A host name with a dot is reached over a network; a service of the same compose file is not.
remote(text) if {
	regex.match(`@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+[:/]`, text)
	not contains(text, "@127.0.0.1")
	not contains(text, ".internal")
}

warn contains violation if {
	some setting in lib.effective_settings
	some text in lib.possible(setting)
	is_string(text)
	regex.match(`[?&](sslmode=disable|ssl=false|sslmode=DISABLED|useSSL=false)`, text)
	remote(text)
	violation := {
		"title": sprintf("%s turns TLS off", [lib.leaf(setting.key)]),
		"msg": sprintf("the connection of `%s` is not encrypted%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

warn contains violation if {
	some setting in lib.production_settings
	lib.leaf(setting.key) == "NODE_TLS_REJECT_UNAUTHORIZED"
	lib.could_be_false(setting)
	violation := {
		"title": "NODE_TLS_REJECT_UNAUTHORIZED=0 in production",
		"msg": "certificates are not checked, for any connection of the program",
		"location": setting.location,
		"severity": "high",
		"content": setting.key,
	}
}
