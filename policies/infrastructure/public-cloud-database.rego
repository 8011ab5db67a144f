# METADATA
# scope: package
# title: Database is reachable from the internet
# description: >-
#   The database has a public address, or a firewall that lets every address in: whoever learns the password, or
#   finds a hole in the server, has the data.
# custom:
#   id: policy/infrastructure/public-cloud-database
#   severity: high
#   cwe: [668, 284]
#   owasp: ["A05:2021", "A01:2021"]
#   asvs: [v4.0.3-1.14.1]
#   remedy: >-
#     put it into private subnets without a public address, and let only the security group of the application
#     in
#   bad: |
#     resource "aws_db_instance" "main" {
#       publicly_accessible = true
#     }
#   good: |
#     resource "aws_db_instance" "main" {
#       publicly_accessible  = false
#       db_subnet_group_name = aws_db_subnet_group.private.name
#     }
package stageclear.infrastructure.public_cloud_database

import data.stageclear.helpers.cloud

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s` %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "high",
	"content": resource.name,
}

deny contains told(resource, fact, "has a public address", "high") if {
	some resource in cloud.resources
	some fact in cloud.on(resource, "publicly_accessible")
}

networks := {
	"google_sql_database_instance": "settings.ip_configuration.authorized_networks.value",
	"mongodbatlas_project_ip_access_list": "cidr_block",
	"digitalocean_database_firewall": "rule.value",
}

deny contains told(resource, fact, "lets every address in", "high") if {
	some kind, key in networks
	some resource in cloud.of({kind})
	some fact in object.get(resource.facts, key, [])
	fact.value in {"0.0.0.0/0", "::/0"}
}

deny contains told(resource, fact, "lets every address in", "high") if {
	some resource in cloud.resources
	regex.match(`^azurerm_.*_firewall_rule$`, cloud.kind_of(resource))
	some fact in cloud.says(resource, "start_ip_address", {"0.0.0.0"})
	count(cloud.says(resource, "end_ip_address", {"255.255.255.255"})) > 0
}

deny contains told(resource, fact, "takes whoever comes", "high") if {
	some resource in cloud.of({"aws_msk_cluster", "AWS::MSK::Cluster"})
	some key in {"client_authentication.unauthenticated", "client_authentication.unauthenticated.enabled"}
	some fact in cloud.on(resource, key)
}
