package stageclear.infrastructure.instance_metadata_v1_test

import data.stageclear.infrastructure.instance_metadata_v1
import data.stageclear.helpers.cloud_sample as sample

test_both_are_told if {
	count(instance_metadata_v1.deny) == 2 with input as sample.facts([
		sample.resource("aws_instance", {"metadata_options.http_tokens": ["optional"]}),
		sample.resource("aws_launch_template", {}),
	])
}

test_tokens_pass if {
	count(instance_metadata_v1.deny) == 0 with input as sample.facts([
		sample.resource("aws_instance", {"metadata_options.http_tokens": ["required"]}),
		sample.resource("aws_instance", {"metadata_options": [null]}),
	])
}
