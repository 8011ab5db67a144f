package stageclear.helpers.cloud_test

import data.stageclear.helpers.cloud
import data.stageclear.helpers.cloud_sample as sample

test_references_name_the_resource if {
	bucket := sample.resource("aws_s3_bucket_acl", {"bucket": [{"ref": "aws_s3_bucket.logs.id"}]})
	"aws_s3_bucket.logs" in cloud.refers(bucket, "bucket")
}

test_texts_are_values_too if {
	count(cloud.off(sample.resource("a", {"encrypted": ["false"]}), "encrypted")) == 1
	count(cloud.on(sample.resource("a", {"encrypted": ["false", null]}), "encrypted")) == 0
}

test_only_what_is_allowed_without_condition_is_for_everyone if {
	cloud.everyone({"value": sample.grant({"principals": ["*"]})})
	not cloud.everyone({"value": sample.grant({"principals": ["*"], "condition": true})})
	not cloud.everyone({"value": sample.grant({"principals": ["*"], "effect": "Deny"})})
}
