package stageclear.infrastructure.secret_in_template_test

import data.stageclear.infrastructure.secret_in_template
import data.stageclear.helpers.cloud_sample as sample

test_secrets_are_told if {
	count(secret_in_template.deny) == 1 with input as sample.facts([
		sample.resource("aws_db_instance", {"written-secret": [{"name": "password", "weak": false, "placeholder": false}]}),
	])
}

test_placeholders_and_references_pass if {
	count(secret_in_template.deny) == 0 with input as sample.facts([
		sample.resource("aws_db_instance", {"written-secret": [{"name": "password", "weak": false, "placeholder": true}]}),
		sample.resource("aws_db_instance", {"password": [{"ref": "random_password.db.result"}]}),
	])
}
