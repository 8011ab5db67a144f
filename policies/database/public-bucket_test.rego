package stageclear.database.public_bucket_test

import data.stageclear.database.public_bucket as it
import data.stageclear.helpers.sample

severities(name, public) := {violation.severity |
	some violation in it.deny with input as sample.facts({"buckets": [{
		"name": name, "public": public, "size_limit": false, "type_limit": false, "location": sample.at(2),
	}]})
}

test_names_tell if {
	severities("invoices", true) == {"medium"}
	severities("avatars", true) == {"info"}
}

test_private_passes if {
	severities("invoices", false) == set()
	severities("invoices", null) == set()
}
