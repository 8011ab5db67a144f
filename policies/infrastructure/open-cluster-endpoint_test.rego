package stageclear.infrastructure.open_cluster_endpoint_test

import data.stageclear.infrastructure.open_cluster_endpoint
import data.stageclear.helpers.cloud_sample as sample

test_open_ones_are_told if {
	count(open_cluster_endpoint.deny) == 3 with input as sample.facts([
		sample.resource("aws_eks_cluster", {"vpc_config.endpoint_public_access": [true]}),
		sample.resource("google_container_cluster", {"master_authorized_networks_config.cidr_blocks.cidr_block": ["0.0.0.0/0"], "enable_legacy_abac": [true]}),
	])
}

test_narrow_ones_pass if {
	count(open_cluster_endpoint.deny) == 0 with input as sample.facts([
		sample.resource("aws_eks_cluster", {"vpc_config.endpoint_public_access": [true], "vpc_config.public_access_cidrs": ["203.0.113.0/24"]}),
		sample.resource("aws_eks_cluster", {"vpc_config.endpoint_public_access": [false]}),
		sample.resource("google_container_cluster", {}),
	])
}
