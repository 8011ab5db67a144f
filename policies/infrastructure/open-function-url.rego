# METADATA
# scope: package
# title: Function is called by anyone
# description: >-
#   A function with an address and no authorisation runs for everybody who finds it, at your cost, with its
#   rights.
# custom:
#   id: policy/infrastructure/open-function-url
#   severity: medium
#   cwe: [306, 862]
#   owasp: ["A01:2021", "A07:2021"]
#   asvs: [v4.0.3-4.1.1, v5.0.0-8.2.1]
#   remedy: >-
#     use `AWS_IAM`, or put an API with an authorizer in front; if the function checks a token or signature
#     itself, say so in a waiver
#   bad: |
#     authorization_type = "NONE"
#   good: |
#     authorization_type = "AWS_IAM"
package stageclear.infrastructure.open_function_url

import data.stageclear.helpers.cloud

keys := {"aws_lambda_function_url": "authorization_type", "AWS::Lambda::Url": "auth_type", "AWS::Serverless::Function": "function_url_config.auth_type"}

told(resource, fact) := {
	"msg": sprintf("`%s` has an address and asks nobody who calls", [resource.name]),
	"location": fact.location,
	"confidence": "medium",
	"content": resource.name,
}

deny contains told(resource, fact) if {
	some kind, key in keys
	some resource in cloud.of({kind})
	some fact in cloud.says(resource, key, {"none"})
}

deny contains told(resource, fact) if {
	some resource in cloud.of({"serverless-function"})
	some fact in cloud.on(resource, "url")
}

deny contains told(resource, fact) if {
	some resource in cloud.of({"module"})
	count(cloud.on(resource, "create_lambda_function_url")) > 0
	some fact in cloud.says(resource, "authorization_type", {"none"})
}
