package stageclear.firebase.signed_in_rules_test

import data.stageclear.firebase.signed_in_rules as it
import data.stageclear.helpers.rules_sample as sample

severities(service, rule) := {violation.severity | some violation in it.deny with input as sample.facts(service, [rule])}

test_any_account_is_denied if {
	severities("firestore", sample.rule("/{document=**}", [], sample.all, "signed-in")) == {"high"}
	severities("firestore", sample.rule("/users/{id}", ["users"], sample.all, "signed-in")) == {"high"}
	severities("firestore", sample.rule("/tags/{id}", ["tags"], sample.all, "signed-in")) == {"medium"}
	severities("firestore", sample.rule("/users/{id}", ["users"], sample.read, "signed-in")) == {"low"}
	severities("firestore", sample.rule("/tags/{id}", ["tags"], ["delete"], "rows")) == {"medium"}
}

test_single_fields_are_low if {
	severities("firestore", object.union(sample.rule("/posts/{id}", ["posts"], ["update"], "signed-in"), {"fields": ["*", "likes"]})) == {"low"}
}

test_owners_and_shared_content_pass if {
	severities("firestore", sample.rule("/users/{id}", ["users"], sample.all, "caller")) == set()
	severities("firestore", sample.rule("/tags/{id}", ["tags"], sample.read, "signed-in")) == set()
	severities("firestore", sample.rule("/posts/{id}", ["posts"], ["create"], "signed-in")) == set()
	severities("firestore", sample.rule("/posts/{id}", ["posts"], sample.read, "rows")) == set()
}
