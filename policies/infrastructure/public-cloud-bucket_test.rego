package stageclear.infrastructure.public_cloud_bucket_test

import data.stageclear.infrastructure.public_cloud_bucket
import data.stageclear.helpers.cloud_sample as sample

test_lists_of_rights_are_judged if {
	count(public_cloud_bucket.deny) == 1 with input as sample.facts([
		sample.resource("aws_s3_bucket_acl", {"acl": ["public-read"]}),
	])
}

test_policies_are_judged if {
	count(public_cloud_bucket.deny) == 2 with input as sample.facts([
		sample.resource("aws_s3_bucket_policy", {"grant": [sample.grant({"principals": ["*"]}), sample.grant({"principals": ["*"], "actions": ["s3:PutObject"]})]}),
	])
}

test_other_clouds_are_judged if {
	count(public_cloud_bucket.deny) == 2 with input as sample.facts([
		sample.resource("google_storage_bucket_iam_member", {"member": ["allUsers"], "role": ["roles/storage.objectViewer"]}),
		sample.resource("azurerm_storage_container", {"container_access_type": ["blob"]}),
	])
}

test_a_block_that_is_off_is_told if {
	count(public_cloud_bucket.deny) == 1 with input as sample.facts([
		sample.resource("aws_s3_bucket_public_access_block", {"block_public_policy": [false]}),
	])
}

test_private_ones_pass if {
	count(public_cloud_bucket.deny) == 0 with input as sample.facts([
		sample.resource("aws_s3_bucket_acl", {"acl": ["private"]}),
		sample.resource("aws_s3_bucket_public_access_block", {"block_public_policy": [true]}),
		sample.resource("aws_s3_bucket_policy", {"grant": [sample.grant({"principals": ["arn:aws:iam::1:root"]}), sample.grant({"principals": ["*"], "effect": "Deny"})]}),
		sample.resource("google_storage_bucket_iam_member", {"member": ["serviceAccount:a@b"]}),
	])
}
