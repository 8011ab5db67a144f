# METADATA
# scope: package
# title: Resource lets everybody in
# description: >-
#   The policy of the resource names everybody (`*`, `allUsers`) without a condition: any account of the
#   provider, or anyone at all, may take the role, read the queue, use the key.
# custom:
#   id: policy/infrastructure/open-cloud-policy
#   severity: high
#   cwe: [284, 732]
#   owasp: ["A01:2021", "A05:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.1]
#   remedy: >-
#     name the account, role or service that needs it; where a service calls, add a condition on `aws:SourceArn`
#   bad: |
#     Principal = "*"
#     Action    = "sqs:SendMessage"
#   good: |
#     Principal = { Service = "sns.amazonaws.com" }
#     Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.orders.arn } }
package stageclear.infrastructure.open_cloud_policy

import data.stageclear.helpers.cloud

# Buckets have a policy of their own; the others take strangers' calls by their nature.
others := {
	"aws_s3_bucket", "aws_s3_bucket_policy", "AWS::S3::BucketPolicy", "aws_api_gateway_rest_api", "aws_api_gateway_rest_api_policy",
	"aws_vpc_endpoint", "aws_vpc_endpoint_policy", "AWS::EC2::VPCEndpoint", "AWS::ApiGateway::RestApi", "AWS::Serverless::Api",
}

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s` %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "high",
	"content": resource.name,
}

deny contains told(resource, grant, words(grant), "high") if {
	some resource in cloud.resources
	not cloud.kind_of(resource) in others
	some grant in resource.facts.grant
	cloud.everyone(grant)
}

words(grant) := "may be taken by anyone" if startswith(grant.value.of, "assume_role")

words(grant) := "lets everybody in" if not startswith(grant.value.of, "assume_role")

deny contains told(resource, fact, "may be called by anyone", "high") if {
	some resource in cloud.of({"aws_lambda_permission", "AWS::Lambda::Permission"})
	some fact in cloud.says(resource, "principal", {"*"})
	every key in {"source_arn", "source_account", "principal_org_id", "function_url_auth_type"} {
		cloud.missing(resource, key)
	}
}

# Services on the web answer everybody.
web := {"google_cloud_run_service_iam_member", "google_cloud_run_v2_service_iam_member", "google_cloudfunctions_function_iam_member", "google_cloudfunctions2_function_iam_member", "google_cloud_run_service_iam_binding", "google_cloud_run_v2_service_iam_binding"}

deny contains told(resource, fact, "lets everybody in", google_weight(resource)) if {
	some resource in cloud.resources
	kind := cloud.kind_of(resource)
	regex.match(`^google_.*_iam_(member|binding)$`, kind)
	not startswith(kind, "google_storage_bucket")
	some key in {"member", "members"}
	some fact in cloud.says(resource, key, {"allusers", "allauthenticatedusers"})
}

google_weight(resource) := "low" if cloud.kind_of(resource) in web

google_weight(resource) := "high" if not cloud.kind_of(resource) in web
