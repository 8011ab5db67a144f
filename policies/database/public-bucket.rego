# METADATA
# scope: package
# title: Public storage bucket
# description: >-
#   Everyone who has or guesses an address reads the files of a public bucket, without a policy being asked. Right for avatars, wrong for invoices.
# custom:
#   id: policy/database/public-bucket
#   severity: info
#   cwe: [200, 359]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2]
#   remedy: >-
#     make the bucket private and hand out signed addresses
#   bad: |
#     INSERT INTO storage.buckets (id, name, public) VALUES ('invoices', 'invoices', true);
#   good: |
#     INSERT INTO storage.buckets (id, name, public) VALUES ('invoices', 'invoices', false);
package stageclear.database.public_bucket

import data.stageclear.helpers.database

private_files := `(document|invoice|receipt|contract|kyc|identit|id-card|id_card|passport|medical|health|patient|prescription|private|confidential|resume|cv|cvs|payslip|tax|statement|backup|report|attachment|recording|transcript|chat|message|personal|license|verification|signature|proof|comprovante|documento|contrato)`

severity(name) := "medium" if regex.match(private_files, lower(name))

severity(name) := "info" if not regex.match(private_files, lower(name))

deny contains violation if {
	some facts in database.reachable
	some bucket in facts.buckets
	bucket.public == true
	violation := {
		"title": sprintf("Public storage bucket `%s`", [bucket.name]),
		"msg": sprintf("everyone may read the files of `%s`", [bucket.name]),
		"location": bucket.location,
		"severity": severity(bucket.name),
		"confidence": "medium",
		"content": bucket.name,
	}
}
