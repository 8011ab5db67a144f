# METADATA
# scope: package
# title: Storage policy that asks for the bucket only
# description: >-
#   A policy on storage.objects that names the bucket and not the caller lets everybody upload to it, or overwrite and delete what others have stored.
# custom:
#   id: policy/database/open-storage-policy
#   severity: high
#   cwe: [862, 639]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     bind the path to the caller, such as (storage.foldername(name))[1] = auth.uid()::text
#   bad: |
#     FOR DELETE USING (bucket_id = 'files')
#   good: |
#     FOR DELETE USING (bucket_id = 'files' AND owner = auth.uid())
package stageclear.database.open_storage_policy

import data.stageclear.helpers.database

policies := [policy |
	some facts in database.reachable
	some table in facts.tables
	table.schema == "storage"
	table.name == "objects"
	some policy in table.policies
	policy.permissive
	database.for_clients(policy)
	not database.narrowed(table, policy)
]

# Files of private buckets by name, to tell what reading opens.
private_buckets contains bucket.name if {
	some facts in database.reachable
	some bucket in facts.buckets
	bucket.public == false
}

asks_nobody(policy) if {
	database.condition(policy).reach in {"rows", "everybody", "signed-in"}
	count(database.condition(policy).tables) == 0
}

signed_in(policy) if database.condition(policy).signed_in

signed_in(policy) if not database.anonymous(policy)

severity(policy) := "high" if {
	policy.command != "select"
	not signed_in(policy)
}

severity(policy) := "medium" if {
	policy.command in {"update", "delete", "all"}
	signed_in(policy)
}

severity(policy) := "low" if {
	policy.command == "insert"
	signed_in(policy)
}

severity(policy) := "medium" if {
	policy.command == "select"
	not signed_in(policy)
	opens_private(policy)
}

severity(policy) := "low" if {
	policy.command == "select"
	signed_in(policy)
	opens_private(policy)
}

opens_private(policy) if {
	some name in private_buckets
	contains(policy.using.text, sprintf("'%s'", [name]))
}

verbs := {"insert": "upload", "update": "overwrite files", "delete": "delete files", "all": "read, overwrite and delete files", "select": "read private files"}

who(policy) := "every signed-in user" if signed_in(policy)

who(policy) := "everybody" if not signed_in(policy)

deny contains violation if {
	some policy in policies
	asks_nobody(policy)
	level := severity(policy)
	violation := {
		"title": sprintf("Storage policy lets %s %s", [who(policy), verbs[policy.command]]),
		"msg": sprintf("the policy `%s` on `storage.objects` asks for no owner: `%s`", [policy.name, database.condition(policy).text]),
		"location": policy.location,
		"severity": level,
		"confidence": database.sure(policy.location),
		"content": policy.name,
	}
}
