package stageclear.firebase.unchecked_upload_test

import data.stageclear.firebase.unchecked_upload as it
import data.stageclear.helpers.rules_sample as sample

count_of(service, parts) := count(found) if {
	found := it.warn with input as sample.facts(service, [object.union(sample.rule("/u/{id}", ["u"], sample.all, "caller"), parts)])
}

test_upload_without_limits_is_a_remark if {
	count_of("storage", {}) == 1
	count_of("storage", {"content_type": true}) == 1
}

test_limited_and_closed_ones_pass if {
	count_of("storage", {"size": true, "content_type": true}) == 0
	count_of("storage", {"reach": "nobody"}) == 0
	count_of("storage", {"methods": ["get"]}) == 0
	count_of("firestore", {}) == 0
}
