# METADATA
# scope: package
# title: Bucket is public
# description: >-
#   Everybody on the internet may read, or even write, what the bucket holds. Uploads, backups and exports of
#   users end up in such buckets, whose names are guessed.
# custom:
#   id: policy/infrastructure/public-cloud-bucket
#   severity: medium
#   cwe: [732, 284]
#   owasp: ["A01:2021", "A05:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2]
#   remedy: >-
#     keep the bucket private and block public access; hand out signed addresses, or serve files through a
#     distribution with an origin access control
#   bad: |
#     resource "aws_s3_bucket_acl" "uploads" {
#       bucket = aws_s3_bucket.uploads.id
#       acl    = "public-read"
#     }
#   good: |
#     resource "aws_s3_bucket_public_access_block" "uploads" {
#       bucket                  = aws_s3_bucket.uploads.id
#       block_public_acls       = true
#       block_public_policy     = true
#       ignore_public_acls      = true
#       restrict_public_buckets = true
#     }
package stageclear.infrastructure.public_cloud_bucket

import data.stageclear.helpers.cloud

# Buckets that serve a site are meant to be read.
sites := {name |
	some resource in cloud.resources
	some key, _ in resource.facts
	startswith(key, "website")
	name := resource.name
} | {name |
	some resource in cloud.of({"aws_s3_bucket_website_configuration"})
	some name in cloud.refers(resource, "bucket")
}

is_site(resource) if {
	some name in {resource.name} | cloud.refers(resource, "bucket")
	name in sites
}

is_site(resource) if {
	parts := split(resource.name, ".")
	regex.match(`(?i)(^|[._-])(web|website|site|static|public|assets?|frontend|www|cdn|spa)([._-]|$)|(Web|Site|Static|Public|Asset|Frontend)`, parts[count(parts) - 1])
}

reading(resource) := "low" if is_site(resource)

reading(resource) := "medium" if not is_site(resource)

told(resource, fact, what, severity) := {
	"msg": sprintf("`%s`: %s", [resource.name, what]),
	"location": fact.location,
	"severity": severity,
	"confidence": "high",
	"content": resource.name,
}

acls := {"aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object", "digitalocean_spaces_bucket", "alicloud_oss_bucket", "AWS::S3::Bucket", "module"}

deny contains told(resource, fact, "everybody may read it", reading(resource)) if {
	some resource in cloud.of(acls)
	some key in {"acl", "access_control"}
	some fact in cloud.says(resource, key, {"public-read", "publicread", "website"})
}

deny contains told(resource, fact, "everybody may write it", "high") if {
	some resource in cloud.of(acls)
	some key in {"acl", "access_control"}
	some fact in cloud.says(resource, key, {"public-read-write", "publicreadwrite"})
}

blocks := [
	"block_public_policy", "restrict_public_buckets",
	"public_access_block_configuration.block_public_policy", "public_access_block_configuration.restrict_public_buckets",
]

deny contains told(resource, fact, "public access is not blocked", "medium") if {
	some resource in cloud.of({"aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block", "AWS::S3::Bucket", "module"})
	not is_site(resource)
	fact := cloud.first([off | some key in blocks; some off in cloud.off(resource, key)])
}

policies := {"aws_s3_bucket_policy", "aws_s3_bucket", "AWS::S3::BucketPolicy"}

deny contains told(resource, grant, "its policy lets everybody read", reading(resource)) if {
	some resource in cloud.of(policies)
	some grant in resource.facts.grant
	cloud.everyone(grant)
	not writes(grant)
}

deny contains told(resource, grant, "its policy lets everybody write", "high") if {
	some resource in cloud.of(policies)
	some grant in resource.facts.grant
	cloud.everyone(grant)
	writes(grant)
}

writes(grant) if {
	some action in grant.value.actions
	regex.match(`^(\*|s3:(\*|Put.*|Delete.*))$`, action)
}

everybody := {"allusers", "allauthenticatedusers"}

google := {"google_storage_bucket_iam_member", "google_storage_bucket_iam_binding"}

deny contains told(resource, fact, "everybody has a role on it", role_weight(resource)) if {
	some resource in cloud.of(google)
	some key in {"member", "members"}
	some fact in cloud.says(resource, key, everybody)
}

role_weight(resource) := "high" if may_write(resource)

role_weight(resource) := reading(resource) if not may_write(resource)

may_write(resource) if {
	some fact in resource.facts.role
	regex.match(`(?i)admin|creator|writer|owner`, fact.value)
}

deny contains told(resource, fact, "everybody may read it", reading(resource)) if {
	some resource in cloud.of({"google_storage_bucket_acl", "google_storage_default_object_acl", "google_storage_bucket_access_control"})
	some key in {"role_entity", "predefined_acl", "entity"}
	some fact in object.get(resource.facts, key, [])
	regex.match(`(?i)allusers|allauthenticatedusers|^publicread`, fact.value)
}

deny contains told(resource, fact, "everybody may read it", "medium") if {
	some resource in cloud.of({"azurerm_storage_container"})
	not is_site(resource)
	some fact in cloud.says(resource, "container_access_type", {"blob", "container"})
}

deny contains told(resource, fact, "its containers may be made public", "low") if {
	some resource in cloud.of({"azurerm_storage_account"})
	some key in {"allow_nested_items_to_be_public", "allow_blob_public_access"}
	some fact in cloud.on(resource, key)
}
