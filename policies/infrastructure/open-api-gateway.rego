# METADATA
# scope: package
# title: API has no authorizer
# description: >-
#   The gateway passes calls on without asking who calls. Unless the function behind it checks that itself,
#   everybody may use it.
# custom:
#   id: policy/infrastructure/open-api-gateway
#   severity: medium
#   cwe: [306, 862]
#   owasp: ["A01:2021", "A07:2021"]
#   asvs: [v4.0.3-4.1.1, v5.0.0-8.2.1, v5.0.0-8.3.1]
#   remedy: >-
#     add an authorizer (`JWT`, `COGNITO_USER_POOLS`, `AWS_IAM`, a function) to the route, or a default one to
#     the API
#   bad: |
#     http_method   = "POST"
#     authorization = "NONE"
#   good: |
#     http_method   = "POST"
#     authorization = "COGNITO_USER_POOLS"
#     authorizer_id = aws_api_gateway_authorizer.users.id
package stageclear.infrastructure.open_api_gateway

import data.stageclear.lib
import data.stageclear.helpers.cloud

told(resource, fact, route, weight) := {
	"msg": sprintf("%s of `%s` asks nobody who calls", [route, resource.name]),
	"location": fact.location,
	"severity": weight,
	"confidence": "low",
	"content": sprintf("%s %s", [resource.name, route]),
}

# weight(method): reading is often for everybody; what takes every path leaves the check to the program behind it.
weight(method, path) := "low" if {
	method in {"GET", "HEAD", "ANY", "*", "$DEFAULT", ""}
} else := "low" if {
	contains(path, "{proxy+}")
} else := "medium"

deny contains told(resource, fact, method, weight(method, "")) if {
	some resource in cloud.of({"aws_api_gateway_method", "AWS::ApiGateway::Method"})
	some key in {"authorization", "authorization_type"}
	some fact in cloud.says(resource, key, {"none"})
	some item in resource.facts.http_method
	is_string(item.value)
	method := upper(item.value)
	method != "OPTIONS"
	count(cloud.on(resource, "api_key_required")) == 0
}

deny contains told(resource, fact, fact.value, weight(method, path)) if {
	some resource in cloud.of({"aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route"})
	some fact in resource.facts.route_key
	is_string(fact.value)
	[method, path] := parts(fact.value)
	not method in {"OPTIONS", "$CONNECT", "$DISCONNECT"}
	not lib.public_by_design(path)
	open(resource)
}

parts(key) := [upper(method), path] if [method, path] := split(key, " ")

parts(key) := [upper(key), ""] if not contains(key, " ")

open(resource) if cloud.missing(resource, "authorization_type")

open(resource) if count(cloud.says(resource, "authorization_type", {"none"})) > 0

deny contains told(resource, fact, sprintf("%s %s", [fact.value.method, fact.value.path]), weight(fact.value.method, fact.value.path)) if {
	some resource in cloud.resources
	some fact in resource.facts["api-route"]
	not fact.value.guarded
	not fact.value.method == "OPTIONS"
	not lib.public_by_design(fact.value.path)
}
