# METADATA
# scope: package
# title: Firebase rules that ask for any account
# description: >-
#   Everyone can make an account, so a rule that asks for one only lets every user read or change what belongs to others.
# custom:
#   id: policy/firebase/signed-in-rules
#   severity: medium
#   cwe: [639, 863]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     compare the document's owner with request.auth.uid
#   bad: |
#     match /users/{id} { allow read, write: if request.auth != null; }
#   good: |
#     match /users/{id} { allow read, write: if request.auth.uid == id; }
package stageclear.firebase.signed_in_rules

import data.stageclear.helpers.firebase

severity(pair) := "low" if {
	firebase.changes(pair.rule)
	limited(pair.rule)
}

severity(pair) := "high" if {
	firebase.changes(pair.rule)
	not limited(pair.rule)
	firebase.everything(pair.rule)
	pair.file.service != "storage"
}

severity(pair) := "medium" if {
	firebase.changes(pair.rule)
	not limited(pair.rule)
	firebase.everything(pair.rule)
	pair.file.service == "storage"
}

severity(pair) := "high" if {
	firebase.changes(pair.rule)
	not limited(pair.rule)
	not firebase.everything(pair.rule)
	firebase.of_users(pair.rule)
}

severity(pair) := "medium" if {
	firebase.changes(pair.rule)
	not limited(pair.rule)
	not firebase.everything(pair.rule)
	not firebase.of_users(pair.rule)
}

severity(pair) := "medium" if {
	not firebase.writes(pair.rule)
	firebase.everything(pair.rule)
	pair.file.service != "storage"
}

# Profiles are read by other users in most apps.
severity(pair) := "low" if {
	not firebase.writes(pair.rule)
	not firebase.everything(pair.rule)
	firebase.of_users(pair.rule)
}

# Only some fields may be changed, such as a counter.
limited(rule) if "*" in rule.fields

asks(pair) := "asks for an account only" if pair.rule.reach == "signed-in"

asks(pair) := "looks at the data, not at whose it is" if pair.rule.reach == "rows"

# Data alone decides, for whoever is signed in, or even for whoever is not.
by_data(rule) if {
	rule.reach == "rows"
	firebase.changes(rule)
}

deny contains violation if {
	some pair in firebase.rules
	pair.rule.reach == "signed-in"
	level := severity(pair)
	violation := {
		"title": sprintf("Every signed-in user may %s %s", [firebase.does(pair.rule), firebase.label(pair)]),
		"msg": sprintf("the rule %s (`%s`)", [asks(pair), pair.rule.condition]),
		"location": pair.rule.location,
		"severity": level,
		"confidence": "medium",
		"content": firebase.identity(pair),
	}
}

deny contains violation if {
	some pair in firebase.rules
	by_data(pair.rule)
	violation := {
		"title": sprintf("Rule for %s never asks whose data it is", [firebase.label(pair)]),
		"msg": sprintf("the rule %s (`%s`)", [asks(pair), pair.rule.condition]),
		"location": pair.rule.location,
		"severity": "medium",
		"confidence": "medium",
		"content": firebase.identity(pair),
	}
}
