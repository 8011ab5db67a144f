package stageclear.infrastructure.open_api_gateway_test

import data.stageclear.infrastructure.open_api_gateway
import data.stageclear.helpers.cloud_sample as sample

test_open_methods_are_told if {
	count(open_api_gateway.deny) == 3 with input as sample.facts([
		sample.resource("aws_api_gateway_method", {"authorization": ["NONE"], "http_method": ["POST"]}),
		sample.resource("aws_apigatewayv2_route", {"route_key": ["POST /orders"]}),
		sample.resource("AWS::Serverless::Function", {"api-route": [{"method": "DELETE", "path": "/items", "guarded": false}]}),
	])
}

test_guarded_and_public_ones_pass if {
	count(open_api_gateway.deny) == 0 with input as sample.facts([
		sample.resource("aws_api_gateway_method", {"authorization": ["NONE"], "http_method": ["OPTIONS"]}),
		sample.resource("aws_api_gateway_method", {"authorization": ["AWS_IAM"], "http_method": ["POST"]}),
		sample.resource("aws_apigatewayv2_route", {"route_key": ["POST /orders"], "authorization_type": ["JWT"]}),
		sample.resource("AWS::Serverless::Function", {"api-route": [{"method": "POST", "path": "/login", "guarded": false}, {"method": "POST", "path": "/items", "guarded": true}]}),
	])
}
