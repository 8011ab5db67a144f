# METADATA
# scope: package
# title: Container controls its machine
# description: >-
#   A privileged container has all rights of the machine that it runs on: whoever takes over the program takes
#   the machine, and the other containers with it.
# custom:
#   id: policy/infrastructure/privileged-cloud-container
#   severity: high
#   cwe: [250]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-1.2.1, v4.0.3-1.14.5, v5.0.0-13.2.2]
#   remedy: >-
#     leave `privileged` out, and add single capabilities where they are needed
#   bad: |
#     container_definitions = jsonencode([{ name = "app", privileged = true }])
#   good: |
#     container_definitions = jsonencode([{ name = "app", readonlyRootFilesystem = true }])
package stageclear.infrastructure.privileged_cloud_container

import data.stageclear.helpers.cloud

deny contains violation if {
	some resource in cloud.of({"aws_ecs_task_definition", "AWS::ECS::TaskDefinition", "aws_batch_job_definition", "aws_codebuild_project"})
	some key in {"container_definitions.privileged", "container_properties.privileged"}
	some fact in cloud.on(resource, key)
	violation := {
		"msg": sprintf("a container of `%s` is privileged", [resource.name]),
		"location": fact.location,
		"confidence": "high",
		"content": resource.name,
	}
}
