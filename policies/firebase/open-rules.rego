# METADATA
# scope: package
# title: Firebase rules open to everybody
# description: >-
#   Clients talk to Firebase directly, so its rules are the only check there is. A rule that asks nothing lets everyone on the internet read or overwrite what it is for.
# custom:
#   id: policy/firebase/open-rules
#   severity: high
#   cwe: [862, 284]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.2]
#   remedy: >-
#     ask for the owner, such as request.auth.uid == userId, and keep everything else closed
#   bad: |
#     allow read, write: if true;
#   good: |
#     allow read, write: if request.auth.uid == userId;
package stageclear.firebase.open_rules

import data.stageclear.helpers.firebase

severity(rule) := "critical" if {
	firebase.writes(rule)
	firebase.everything(rule)
}

severity(rule) := "high" if {
	firebase.changes(rule)
	not firebase.everything(rule)
}

severity(rule) := "low" if {
	created_only(rule)
	firebase.form(rule)
}

severity(rule) := "medium" if {
	created_only(rule)
	not firebase.form(rule)
}

# Reading: content is often meant for all.
severity(rule) := "high" if {
	not firebase.writes(rule)
	firebase.everything(rule)
}

severity(rule) := "high" if {
	not firebase.writes(rule)
	not firebase.everything(rule)
	firebase.of_users(rule)
}

created_only(rule) if {
	firebase.writes(rule)
	not firebase.changes(rule)
	not firebase.everything(rule)
}

# A bucket that is read by all holds pictures of pages, as a rule.
meant(pair) if {
	pair.file.service == "storage"
	not firebase.writes(pair.rule)
}

# Pages for all: `profiles` that people publish.
meant(pair) if {
	not firebase.writes(pair.rule)
	some name in pair.rule.collections
	regex.match(`(public|published)`, lower(name))
}

deny contains violation if {
	some pair in firebase.rules
	rule := pair.rule
	rule.reach == "everybody"
	not rule.until
	not meant(pair)
	level := severity(rule)
	violation := {
		"title": sprintf("Everybody may %s %s", [firebase.does(rule), firebase.label(pair)]),
		"msg": sprintf("the rule asks nothing (`%s`)", [rule.condition]),
		"location": rule.location,
		"severity": level,
		"content": firebase.identity(pair),
	}
}
