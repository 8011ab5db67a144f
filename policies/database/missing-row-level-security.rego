# METADATA
# scope: package
# title: Table without row-level security
# description: >-
#   Supabase serves every table of the schema public to the browser. Without row-level security everyone who has the public key, that is everyone, reads and changes all of its rows.
# custom:
#   id: policy/database/missing-row-level-security
#   severity: high
#   cwe: [862, 284]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     enable row-level security on the table and add policies that name the caller; revoke the rights of anon and authenticated where only the server needs it
#   bad: |
#     CREATE TABLE notes (id uuid, user_id uuid);
#   good: |
#     ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
package stageclear.database.missing_row_level_security

import data.stageclear.helpers.database

own_tables := {"_prisma_migrations", "spatial_ref_sys", "schema_migrations", "__drizzle_migrations", "__diesel_schema_migrations"}

confidence(facts, table) := "high" if {
	facts.evidence in {"sql", "folder"}
	database.sure(table.location) == "high"
}

confidence(facts, table) := "medium" if {
	facts.evidence in {"sql", "folder"}
	database.sure(table.location) == "medium"
}

confidence(facts, _) := "medium" if not facts.evidence in {"sql", "folder"}

# A package alone may use Supabase for something else than this database.
severity(facts) := "medium" if facts.evidence == "package"

severity(facts) := "high" if facts.evidence != "package"

idle(table) := "" if count(table.policies) == 0

idle(table) := sprintf("; its %d policies do nothing until it is on", [count(table.policies)]) if count(table.policies) > 0

deny contains violation if {
	some facts in database.reachable
	some table in facts.tables
	database.exposed(table)
	not table.system
	not table.rls.enabled
	not table.rls.disabled
	not table.name in own_tables
	violation := {
		"title": sprintf("Table `%s` without row-level security", [database.label(table)]),
		"msg": sprintf("`%s` is never given row-level security, so everyone with the public key reads and writes it%s", [database.label(table), idle(table)]),
		"location": table.location,
		"severity": severity(facts),
		"confidence": confidence(facts, table),
		"content": database.label(table),
	}
}
