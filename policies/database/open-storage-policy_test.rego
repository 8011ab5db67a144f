package stageclear.database.open_storage_policy_test

import data.stageclear.database.open_storage_policy as it
import data.stageclear.helpers.sample

severities(policy) := {violation.severity |
	some violation in it.deny with input as sample.facts({
		"tables": [sample.table("objects", {"schema": "storage", "system": true, "policies": [policy]})],
		"buckets": [{"name": "files", "public": false, "size_limit": false, "type_limit": false, "location": sample.at(2)}],
	})
}

of_bucket(command, roles) := object.union(
	sample.policy(command, roles, "rows"),
	{"using": object.union(sample.predicate("rows"), {"text": "bucket_id = 'files'"})},
)

test_bucket_alone_is_denied if {
	severities(of_bucket("insert", ["public"])) == {"high"}
	severities(of_bucket("delete", ["authenticated"])) == {"medium"}
	severities(of_bucket("insert", ["authenticated"])) == {"low"}
	severities(of_bucket("select", ["anon"])) == {"medium"}
}

test_own_folder_passes if {
	severities(sample.policy("delete", ["authenticated"], "caller")) == set()
	severities(sample.policy("all", ["service_role"], "everybody")) == set()
}

test_reading_a_public_bucket_passes if {
	severities(sample.policy("select", ["public"], "rows")) == set()
}
