package stageclear.firebase.self_assigned_role_test

import data.stageclear.firebase.self_assigned_role as it
import data.stageclear.helpers.rules_sample as sample

count_of(lookups, parts) := count(found) if {
	found := it.deny with input as facts(lookups, parts)
}

facts(lookups, parts) := {"firebase": [{
	"service": "firestore", "path": "firestore.rules", "context": "production", "lookups": lookups,
	"rules": [object.union(sample.rule("/users/{id}", ["users"], ["create", "update"], "caller"), parts)],
}]}

test_own_role_is_denied if {
	count_of(["users.role"], {}) == 1
}

test_guarded_and_other_fields_pass if {
	count_of(["users.role"], {"fields": ["role"]}) == 0
	count_of(["users.name"], {}) == 0
	count_of(["teams.role"], {}) == 0
	count_of(["users.role"], {"condition": "isAdmin()"}) == 0
	count_of(["users.role"], {"methods": ["get"]}) == 0
}
