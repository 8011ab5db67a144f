package stageclear.infrastructure.open_cloud_policy_test

import data.stageclear.infrastructure.open_cloud_policy
import data.stageclear.helpers.cloud_sample as sample

test_roles_and_queues_are_told if {
	count(open_cloud_policy.deny) == 2 with input as sample.facts([
		sample.resource("aws_iam_role", {"grant": [sample.grant({"principals": ["*"], "actions": ["sts:AssumeRole"], "of": "assume_role_policy"})]}),
		sample.resource("aws_sqs_queue_policy", {"grant": [sample.grant({"principals": ["*"]})]}),
	])
}

test_functions_are_told if {
	count(open_cloud_policy.deny) == 2 with input as sample.facts([
		sample.resource("aws_lambda_permission", {"principal": ["*"]}),
		sample.resource("google_secret_manager_secret_iam_member", {"member": ["allUsers"]}),
	])
}

test_named_ones_pass if {
	count(open_cloud_policy.deny) == 0 with input as sample.facts([
		sample.resource("aws_iam_role", {"grant": [sample.grant({"principals": ["ecs-tasks.amazonaws.com"]})]}),
		sample.resource("aws_sqs_queue_policy", {"grant": [sample.grant({"principals": ["*"], "condition": true})]}),
		sample.resource("aws_lambda_permission", {"principal": ["*"], "source_arn": [{"ref": "a.b"}]}),
		sample.resource("aws_vpc_endpoint", {"grant": [sample.grant({"principals": ["*"]})]}),
	])
}
