package stageclear.infrastructure.cleartext_cloud_endpoint_test

import data.stageclear.infrastructure.cleartext_cloud_endpoint
import data.stageclear.helpers.cloud_sample as sample

test_plain_http_is_told if {
	count(cleartext_cloud_endpoint.deny) == 2 with input as sample.facts([
		sample.resource("aws_lb_listener", {"protocol": ["HTTP"], "default_action.type": ["forward"]}),
		sample.resource("azurerm_storage_account", {"https_traffic_only_enabled": [false]}),
	])
}

test_redirects_and_internal_ones_pass if {
	count(cleartext_cloud_endpoint.deny) == 0 with input as sample.facts([
		sample.resource("aws_lb_listener", {"protocol": ["HTTP"], "default_action.type": ["redirect"]}),
		sample.resource("aws_lb", {"internal": [true]}),
		sample.resource("aws_lb_listener", {"protocol": ["HTTP"], "default_action.type": ["forward"], "load_balancer_arn": [{"ref": "aws_lb.main.arn"}]}),
	])
}
