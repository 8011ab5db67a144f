package stageclear.infrastructure.unlimited_cloud_rights_test

import data.stageclear.infrastructure.unlimited_cloud_rights
import data.stageclear.helpers.cloud_sample as sample

test_everything_is_told if {
	count(unlimited_cloud_rights.deny) == 1 with input as sample.facts([
		sample.resource("aws_iam_policy", {"grant": [sample.grant({"actions": ["*"]})]}),
	])
}

test_whole_services_are_told if {
	count(unlimited_cloud_rights.deny) == 1 with input as sample.facts([
		sample.resource("aws_iam_role_policy", {"grant": [sample.grant({"actions": ["s3:*", "logs:PutLogEvents"]})]}),
	])
}

test_managed_policies_are_told if {
	count(unlimited_cloud_rights.deny) == 2 with input as sample.facts([
		sample.resource("aws_iam_role_policy_attachment", {"policy_arn": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
		sample.resource("google_project_iam_member", {"role": ["roles/owner"]}),
	])
}

test_narrow_ones_pass if {
	count(unlimited_cloud_rights.deny) == 0 with input as sample.facts([
		sample.resource("aws_iam_policy", {"grant": [sample.grant({}), sample.grant({"actions": ["s3:*"], "resources": ["arn:aws:s3:::a/*"]}), sample.grant({"actions": ["*"], "effect": "Deny"})]}),
		sample.resource("aws_kms_key", {"grant": [sample.grant({"actions": ["kms:*"], "principals": ["arn:aws:iam::1:root"]})]}),
		sample.resource("google_project_iam_member", {"role": ["roles/storage.objectViewer"]}),
	])
}

test_a_boundary_takes_away_as_well if {
	found := unlimited_cloud_rights.deny with input as sample.facts([
		sample.resource("aws_iam_policy", {"grant": [sample.grant({"actions": ["*"]}), sample.grant({"actions": ["iam:CreateUser"], "effect": "Deny"})]}),
	])
	{violation.severity | some violation in found} == {"medium"}
}
