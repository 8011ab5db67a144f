package stageclear.database.missing_row_level_security_test

import data.stageclear.database.missing_row_level_security as it
import data.stageclear.helpers.sample

off(parts) := sample.table("notes", object.union({"rls": {"enabled": false, "forced": false, "disabled": false}}, parts))

test_table_without_it_is_denied if {
	some violation in it.deny with input as sample.tables([off({})])
	violation.title == "Table `notes` without row-level security"
	violation.confidence == "high"
}

test_package_alone_is_less_sure if {
	some violation in it.deny with input as sample.facts({"evidence": "package", "tables": [off({})]})
	[violation.severity, violation.confidence] == ["medium", "medium"]
}

test_enabled_and_unreachable_tables_pass if {
	count(it.deny) == 0 with input as sample.tables([
		sample.table("notes", {}),
		off({"schema": "private"}),
		off({"revoked": ["anon", "authenticated"]}),
		off({"system": true}),
		off({"name": "_prisma_migrations"}),
	])
	count(it.deny) == 0 with input as sample.facts({"platform": "other", "tables": [off({})]})
}
