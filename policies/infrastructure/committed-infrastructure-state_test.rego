package stageclear.infrastructure.committed_infrastructure_state_test

import data.stageclear.infrastructure.committed_infrastructure_state
import data.stageclear.helpers.cloud_sample as sample

test_states_are_told if {
	count(committed_infrastructure_state.deny) == 1 with input as sample.facts([
		object.union(sample.resource("state", {}), {"kind": "state-file"}),
	])
}

test_templates_pass if {
	count(committed_infrastructure_state.deny) == 0 with input as sample.facts([
		sample.resource("aws_s3_bucket", {}),
	])
}
