package stageclear.firebase.expiring_rules_test

import data.stageclear.firebase.expiring_rules as it
import data.stageclear.helpers.rules_sample as sample

rule(reach) := object.union(sample.rule("/{document=**}", [], sample.all, reach), {"until": "timestamp.date(2026,12,1)"})

test_test_mode_is_denied if {
	count(it.deny) == 1 with input as sample.facts("firestore", [rule("everybody")])
}

test_with_an_owner_passes if {
	count(it.deny) == 0 with input as sample.facts("firestore", [rule("caller")])
}
