# METADATA
# scope: package
# title: Control of a cluster is open to the internet
# description: >-
#   The API that controls the cluster answers every address: a leaked credential or a hole in the API is enough
#   to take everything that runs there.
# custom:
#   id: policy/infrastructure/open-cluster-endpoint
#   severity: medium
#   cwe: [668, 284]
#   owasp: ["A05:2021", "A01:2021"]
#   asvs: [v4.0.3-4.3.1, v5.0.0-8.4.2]
#   remedy: >-
#     make the endpoint private, or list the networks that may reach it
#   bad: |
#     vpc_config {
#       endpoint_public_access = true
#       public_access_cidrs    = ["0.0.0.0/0"]
#     }
#   good: |
#     vpc_config {
#       endpoint_private_access = true
#       endpoint_public_access  = false
#     }
package stageclear.infrastructure.open_cluster_endpoint

import data.stageclear.helpers.cloud

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s` %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "medium",
	"content": resource.name,
}

networks := {
	"vpc_config.public_access_cidrs", "resources_vpc_config.public_access_cidrs", "cluster_endpoint_public_access_cidrs",
	"endpoint_public_access_cidrs", "master_authorized_networks_config.cidr_blocks.cidr_block",
	"api_server_access_profile.authorized_ip_ranges",
}

deny contains told(resource, fact, "lets every address reach its API", "medium") if {
	some resource in cloud.resources
	some key in networks
	some fact in cloud.says(resource, key, {"0.0.0.0/0", "::/0"})
}

deny contains told(resource, fact, "lets every address reach its API", "low") if {
	some resource in cloud.of({"aws_eks_cluster", "AWS::EKS::Cluster", "module"})
	some key in {"vpc_config.endpoint_public_access", "resources_vpc_config.endpoint_public_access", "cluster_endpoint_public_access"}
	some fact in cloud.on(resource, key)
	every network in networks {
		cloud.missing(resource, network)
	}
}

deny contains told(resource, fact, "goes by rights that everybody in it has", "high") if {
	some resource in cloud.of({"google_container_cluster"})
	some fact in cloud.on(resource, "enable_legacy_abac")
}

deny contains told(resource, fact, "asks no rights of those who are in it", "high") if {
	some resource in cloud.of({"azurerm_kubernetes_cluster"})
	some key in {"role_based_access_control_enabled", "role_based_access_control.enabled"}
	some fact in cloud.off(resource, key)
}
