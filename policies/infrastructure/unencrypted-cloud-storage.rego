# METADATA
# scope: package
# title: Storage is not encrypted
# description: >-
#   Disks, backups and snapshots of this store lie unencrypted at the provider: whoever gets a copy of a
#   snapshot or disk reads the data. Encryption can be switched on only when the store is made.
# custom:
#   id: policy/infrastructure/unencrypted-cloud-storage
#   severity: medium
#   cwe: [311]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-6.1.1, v5.0.0-14.2.4]
#   remedy: >-
#     switch encryption on: `storage_encrypted = true`, `encrypted = true`
#   bad: |
#     resource "aws_db_instance" "main" {
#       engine = "postgres"
#     }
#   good: |
#     resource "aws_db_instance" "main" {
#       engine            = "postgres"
#       storage_encrypted = true
#     }
package stageclear.infrastructure.unencrypted_cloud_storage

import data.stageclear.helpers.cloud

# The attribute of each kind that is off unless it is set, and how much it weighs.
switches := {
	"aws_db_instance": ["storage_encrypted", "medium"],
	"aws_rds_cluster": ["storage_encrypted", "medium"],
	"aws_docdb_cluster": ["storage_encrypted", "medium"],
	"aws_neptune_cluster": ["storage_encrypted", "medium"],
	"AWS::RDS::DBInstance": ["storage_encrypted", "medium"],
	"AWS::RDS::DBCluster": ["storage_encrypted", "medium"],
	"AWS::DocDB::DBCluster": ["storage_encrypted", "medium"],
	"aws_ebs_volume": ["encrypted", "low"],
	"AWS::EC2::Volume": ["encrypted", "low"],
	"aws_efs_file_system": ["encrypted", "low"],
	"AWS::EFS::FileSystem": ["encrypted", "low"],
	"aws_elasticache_replication_group": ["at_rest_encryption_enabled", "low"],
	"AWS::ElastiCache::ReplicationGroup": ["at_rest_encryption_enabled", "low"],
}

# A copy is as its original is.
copies := {"snapshot_identifier", "replicate_source_db", "db_snapshot_identifier", "source_db_instance_identifier", "snapshot_id", "replication_source_identifier", "source_db_cluster_identifier", "global_cluster_identifier", "db_cluster_identifier"}

is_copy(resource) if {
	some key in copies
	resource.facts[key]
}

deny contains violation if {
	some kind, [key, severity] in switches
	some resource in cloud.of({kind})
	cloud.missing(resource, key)
	not is_copy(resource)
	violation := {
		"msg": sprintf("`%s` does not set `%s`, which is off unless set", [resource.name, key]),
		"location": resource.location,
		"severity": severity,
		"confidence": "medium",
		"content": resource.name,
	}
}

explicit := {"storage_encrypted", "encrypted", "at_rest_encryption_enabled", "root_block_device.encrypted", "ebs_block_device.encrypted", "encrypt_at_rest.enabled"}

deny contains violation if {
	some resource in cloud.resources
	some key in explicit
	some fact in cloud.off(resource, key)
	violation := {
		"msg": sprintf("`%s` switches `%s` off", [resource.name, key]),
		"location": fact.location,
		"severity": weight(key),
		"confidence": "high",
		"content": resource.name,
	}
}

weight(key) := "medium" if key == "storage_encrypted"

weight(key) := "low" if key != "storage_encrypted"
