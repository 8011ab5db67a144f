package stageclear.infrastructure.outdated_cloud_tls_test

import data.stageclear.infrastructure.outdated_cloud_tls
import data.stageclear.helpers.cloud_sample as sample

test_old_versions_are_told if {
	count(outdated_cloud_tls.deny) == 2 with input as sample.facts([
		sample.resource("aws_lb_listener", {"ssl_policy": ["ELBSecurityPolicy-2016-08"]}),
		sample.resource("azurerm_storage_account", {"min_tls_version": ["TLS1_0"]}),
	])
}

test_new_versions_pass if {
	count(outdated_cloud_tls.deny) == 0 with input as sample.facts([
		sample.resource("aws_lb_listener", {"ssl_policy": ["ELBSecurityPolicy-TLS13-1-2-2021-06"]}),
		sample.resource("aws_cloudfront_distribution", {"viewer_certificate.minimum_protocol_version": ["TLSv1.2_2021"]}),
		sample.resource("azurerm_storage_account", {"min_tls_version": ["TLS1_2"]}),
	])
}
