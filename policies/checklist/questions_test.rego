package stageclear.checklist.questions_test

import data.stageclear.checklist.questions

test_there_are_many_and_none_twice if {
	count(questions.all) >= 40
	count({question.id | some question in questions.all}) == count(questions.all)
}

test_each_says_what_it_must if {
	every question in questions.all {
		question.section in questions.sections
		question.title != ""
		question.subject in {"code", "routes", "files", "packages", "settings", "models", "resources", "stores", "suppressed"}
		question.gaps in {"code", "files", "packages", "settings", "none"}
		is_string(question.absent)
		is_string(question.limits)
		is_string(question.look)
	}
}

test_no_proof_without_its_limits if {
	every question in [question | some question in questions.all; not question.only_a_person; not question.otherwise] {
		question.limits != ""
	}
}

test_headers_are_supported_by_libraries if {
	endpoint := {"location": {"path": "app.js", "line": 2}, "middleware": ["helmet"], "context": "production"}
	found := questions.header_libraries with input as {"endpoints": [endpoint], "settings": []}
	count(found) == 1
	none := questions.header_libraries with input as {"endpoints": [object.union(endpoint, {"middleware": ["cors"]})], "settings": []}
	none == []
}

test_old_advisories_are_a_doubt if {
	count(questions.old_advisories) == 1 with input as {"advisories": {"age_days": 200}}
	count(questions.old_advisories) == 0 with input as {"advisories": {"age_days": 20}}
	count(questions.old_advisories) == 0 with input as {}
}
