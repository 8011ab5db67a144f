# METADATA
# scope: package
# title: Policy lets everybody read personal data
# description: >-
#   Reading is often opened to all for content that is public, and then for tables with addresses, tokens or payments too. Everyone with the public key can fetch the whole table.
# custom:
#   id: policy/database/open-read-policy
#   severity: high
#   cwe: [200, 359, 862]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     name the caller in the condition, or move the columns that all may see into a view of their own
#   bad: |
#     CREATE POLICY p ON profiles FOR SELECT USING (true); -- has email, phone
#   good: |
#     CREATE POLICY p ON profiles FOR SELECT USING (auth.uid() = id);
package stageclear.database.open_read_policy

import data.stageclear.helpers.database

severity(table, open) := "high" if {
	open == "everybody"
	database.grave(table)
}

severity(table, open) := "medium" if {
	open == "signed-in"
	database.grave(table)
}

severity(table, open) := weaker[open] if {
	not database.grave(table)
	of_persons(table)
}

weaker := {"everybody": "medium", "signed-in": "low"}

of_persons(table) if "contact" in table.sensitive

of_persons(table) if {
	"address" in table.sensitive
	database.has_owner(table)
}

of_persons(table) if {
	database.has_owner(table)
	database.private_name(table.name)
}

# Records of who did what, and codes that are worth something.
of_persons(table) if regex.match(`(audit|(^|_)(codes|vouchers|invitations|invites|licenses|credentials|secrets|tokens|api_keys)$)`, lower(table.name))

# `VerificationToken`, as Prisma names tables.
of_persons(table) if regex.match(`(?i)(verification|reset|session|access|refresh|invit(e|ation)|login|auth)_?tokens?$`, table.name)

# Shops and venues publish how they are reached.
published(table) if regex.match(`(cache|postal|zip_?code|cities|countries|lookup|catalog)`, lower(table.name))

published(table) if regex.match(`(^|_)(businesses|business|venues?|stores?|shops?|restaurants?|hotels?|locations?|companies|company|branches|events?|places|settings|organizations?|clinics?|hospitals?|pharmacies|properties|listings?)$`, lower(table.name))

held(table) := concat(", ", table.sensitive) if count(table.sensitive) > 0

held(table) := "rows of single users" if count(table.sensitive) == 0

deny contains violation if {
	some pair in database.in_force
	pair.policy.command == "select"
	open := database.open_to(pair.policy)
	not published(pair.table)
	severity_of := severity(pair.table, open)
	violation := {
		"title": sprintf("Policy lets %s read `%s`", [database.who(open), database.label(pair.table)]),
		"msg": sprintf("the policy `%s` opens all rows (`%s`), and they hold %s", [pair.policy.name, pair.policy.using.text, held(pair.table)]),
		"location": pair.policy.location,
		"severity": severity_of,
		"confidence": "medium",
		"content": sprintf("%s %s", [database.label(pair.table), pair.policy.name]),
	}
}
