package stageclear.infrastructure.open_function_url_test

import data.stageclear.infrastructure.open_function_url
import data.stageclear.helpers.cloud_sample as sample

test_open_ones_are_told if {
	count(open_function_url.deny) == 2 with input as sample.facts([
		sample.resource("aws_lambda_function_url", {"authorization_type": ["NONE"]}),
		sample.resource("AWS::Serverless::Function", {"function_url_config.auth_type": ["NONE"]}),
	])
}

test_guarded_ones_pass if {
	count(open_function_url.deny) == 0 with input as sample.facts([
		sample.resource("aws_lambda_function_url", {"authorization_type": ["AWS_IAM"]}),
		sample.resource("AWS::Serverless::Function", {}),
	])
}
