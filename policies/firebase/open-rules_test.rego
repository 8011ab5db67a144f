package stageclear.firebase.open_rules_test

import data.stageclear.firebase.open_rules as it
import data.stageclear.helpers.rules_sample as sample

severities(service, rule) := {violation.severity | some violation in it.deny with input as sample.facts(service, [rule])}

test_open_to_everybody_is_denied if {
	severities("firestore", sample.rule("/{document=**}", [], sample.all, "everybody")) == {"critical"}
	severities("firestore", sample.rule("/posts/{id}", ["posts"], sample.all, "everybody")) == {"high"}
	severities("firestore", sample.rule("/users/{id}", ["users"], sample.read, "everybody")) == {"high"}
	severities("firestore", sample.rule("/feedback/{id}", ["feedback"], ["create"], "everybody")) == {"low"}
}

test_owners_and_public_content_pass if {
	severities("firestore", sample.rule("/posts/{id}", ["posts"], sample.read, "everybody")) == set()
	severities("firestore", sample.rule("/users/{id}", ["users"], sample.all, "caller")) == set()
	severities("storage", sample.rule("/{path=**}", [], sample.read, "everybody")) == set()
	timed := object.union(sample.rule("/{document=**}", [], sample.all, "everybody"), {"until": "x"})
	severities("firestore", timed) == set()
}
