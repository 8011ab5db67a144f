package stageclear.infrastructure.unencrypted_cloud_storage_test

import data.stageclear.infrastructure.unencrypted_cloud_storage
import data.stageclear.helpers.cloud_sample as sample

test_what_is_off_or_missing_is_told if {
	count(unencrypted_cloud_storage.deny) == 3 with input as sample.facts([
		sample.resource("aws_db_instance", {}),
		sample.resource("aws_db_instance", {"storage_encrypted": [false]}),
		sample.resource("module", {"storage_encrypted": [false]}),
	])
}

test_encrypted_and_unknown_ones_pass if {
	count(unencrypted_cloud_storage.deny) == 0 with input as sample.facts([
		sample.resource("aws_db_instance", {"storage_encrypted": [true]}),
		sample.resource("aws_db_instance", {"storage_encrypted": [null]}),
		sample.resource("aws_db_instance", {"snapshot_identifier": ["a"]}),
		sample.resource("aws_s3_bucket", {}),
	])
}
