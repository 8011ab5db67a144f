# METADATA
# scope: package
# title: Upload without limits
# description: >-
#   A Storage rule that looks neither at the size nor at the type of a file lets a user fill the bucket, at the project's cost, or store pages and scripts under its address.
# custom:
#   id: policy/firebase/unchecked-upload
#   severity: low
#   cwe: [434, 770]
#   owasp: ["A04:2021"]
#   asvs: [v4.0.3-12.1.1, v4.0.3-12.2.1, v5.0.0-5.2.1, v5.0.0-5.2.2]
#   remedy: >-
#     add request.resource.size < 5 * 1024 * 1024 and request.resource.contentType.matches('image/.*')
#   bad: |
#     allow write: if request.auth.uid == userId;
#   good: |
#     allow write: if request.auth.uid == userId && request.resource.size < 5000000 && request.resource.contentType.matches('image/.*');
package stageclear.firebase.unchecked_upload

import data.stageclear.helpers.firebase

missing(rule) := "size and type" if {
	not rule.size
	not rule.content_type
}

missing(rule) := "size" if {
	not rule.size
	rule.content_type
}

takes_files(rule) if {
	some method in rule.methods
	method in {"create", "update"}
}

warn contains violation if {
	some pair in firebase.rules
	pair.file.service == "storage"
	takes_files(pair.rule)
	pair.rule.reach != "nobody"
	what := missing(pair.rule)
	violation := {
		"title": sprintf("Uploads to %s without limits", [firebase.label(pair)]),
		"msg": sprintf("the rule does not limit %s of what is uploaded", [what]),
		"location": pair.rule.location,
		"severity": "low",
		"confidence": "medium",
		"content": firebase.identity(pair),
	}
}
