# METADATA
# scope: package
# title: Firebase rules of test mode
# description: >-
#   Test mode opens everything until a day. Until then everyone reads and writes the database; afterwards the app fails, and the usual repair is to move the day.
# custom:
#   id: policy/firebase/expiring-rules
#   severity: high
#   cwe: [862, 1188]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2]
#   remedy: >-
#     write rules that ask for the owner
#   bad: |
#     allow read, write: if request.time < timestamp.date(2026, 12, 1);
#   good: |
#     allow read, write: if request.auth.uid == userId;
package stageclear.firebase.expiring_rules

import data.stageclear.helpers.firebase

deny contains violation if {
	some pair in firebase.rules
	rule := pair.rule
	rule.reach == "everybody"
	rule.until
	violation := {
		"title": sprintf("%s is open until a day", [firebase.label(pair)]),
		"msg": sprintf("everybody may %s until `%s`", [firebase.does(rule), rule.until]),
		"location": rule.location,
		"content": firebase.identity(pair),
	}
}
