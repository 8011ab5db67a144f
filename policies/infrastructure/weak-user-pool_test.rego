package stageclear.infrastructure.weak_user_pool_test

import data.stageclear.infrastructure.weak_user_pool
import data.stageclear.helpers.cloud_sample as sample

test_weak_ones_are_told if {
	count(weak_user_pool.deny) == 2 with input as sample.facts([
		sample.resource("aws_cognito_user_pool", {"password_policy.minimum_length": [6]}),
		sample.resource("AWS::Cognito::IdentityPool", {"allow_unauthenticated_identities": [true]}),
	])
}

test_strong_ones_pass if {
	count(weak_user_pool.deny) == 0 with input as sample.facts([
		sample.resource("aws_cognito_user_pool", {"password_policy.minimum_length": [12]}),
		sample.resource("aws_cognito_identity_pool", {"allow_unauthenticated_identities": [false]}),
	])
}
