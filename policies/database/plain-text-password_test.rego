package stageclear.database.plain_text_password_test

import data.stageclear.database.plain_text_password as it
import data.stageclear.helpers.sample

test_readable_passwords_are_denied if {
	{violation.severity | some violation in it.deny} == {"medium"} with input as sample.facts({"seeded_passwords": [{"table": "public.admins", "column": "password", "location": sample.at(8)}]})
	{violation.severity | some violation in it.deny} == {"high"} with input as sample.facts({"functions": [sample.function("login", {"plain_password": true})]})
	count(it.deny) == 1 with input as sample.tables([sample.table("staff", {"columns": [sample.column("temp_password", null)]})])
}

test_hashes_pass if {
	count(it.deny) == 0 with input as sample.facts({
		"functions": [sample.function("login", {})],
		"tables": [sample.table("staff", {"columns": [sample.column("password_hash", "password-hash")]})],
	})
}
