package stageclear.infrastructure.privileged_cloud_container_test

import data.stageclear.infrastructure.privileged_cloud_container
import data.stageclear.helpers.cloud_sample as sample

test_privileged_ones_are_told if {
	count(privileged_cloud_container.deny) == 1 with input as sample.facts([
		sample.resource("aws_ecs_task_definition", {"container_definitions.privileged": [true]}),
	])
}

test_others_pass if {
	count(privileged_cloud_container.deny) == 0 with input as sample.facts([
		sample.resource("aws_ecs_task_definition", {"container_definitions.privileged": [false]}),
		sample.resource("aws_codebuild_project", {"environment.privileged_mode": [true]}),
	])
}
