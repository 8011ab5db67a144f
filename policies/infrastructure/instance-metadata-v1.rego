# METADATA
# scope: package
# title: Machine answers with credentials to any request
# description: >-
#   The first version of the metadata service gives a machine's credentials to every request that reaches it:
#   one server-side request forgery in the application is enough to take them. The second version wants a token
#   that such a request cannot fetch.
# custom:
#   id: policy/infrastructure/instance-metadata-v1
#   severity: medium
#   cwe: [1188, 918]
#   owasp: ["A05:2021", "A10:2021"]
#   asvs: [v4.0.3-5.2.6, v5.0.0-1.3.6]
#   remedy: >-
#     set `http_tokens = "required"` in `metadata_options`
#   bad: |
#     metadata_options {
#       http_tokens = "optional"
#     }
#   good: |
#     metadata_options {
#       http_tokens = "required"
#     }
package stageclear.infrastructure.instance_metadata_v1

import data.stageclear.helpers.cloud

kinds := {"aws_instance", "aws_launch_template", "aws_launch_configuration", "aws_spot_instance_request", "AWS::EC2::LaunchTemplate"}

keys := {"metadata_options.http_tokens", "launch_template_data.metadata_options.http_tokens"}

deny contains violation if {
	some resource in cloud.resources
	some key in keys
	some fact in cloud.says(resource, key, {"optional"})
	violation := {
		"msg": sprintf("`%s` lets requests without a token read its metadata", [resource.name]),
		"location": fact.location,
		"severity": "medium",
		"confidence": "high",
		"content": resource.name,
	}
}

deny contains violation if {
	some resource in cloud.of(kinds)
	every key in keys | {"metadata_options", "metadata_options.http_endpoint"} {
		cloud.missing(resource, key)
	}
	violation := {
		"msg": sprintf("`%s` does not ask for tokens in front of its metadata", [resource.name]),
		"location": resource.location,
		"severity": "low",
		"confidence": "medium",
		"content": resource.name,
	}
}
