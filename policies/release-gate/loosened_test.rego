package stageclear.release_gate.loosened_test

import data.stageclear.release_gate.loosened

with_attempts(attempts) := {"project": {"organization": {"name": "Example", "attempts": attempts}}}

attempt := {"message": "switching off `taint/python-xss`: it stays on", "location": {"path": "stageclear.toml", "line": 1}}

test_an_attempt_is_a_violation if {
	found := loosened.deny with input as with_attempts([attempt])
	{violation.msg | some violation in found} == {attempt.message}
}

test_each_attempt_counts if {
	found := loosened.deny with input as with_attempts([attempt, {"message": "excluding `src`: nothing is excluded"}])
	count(found) == 2
}

test_a_repository_that_asks_for_more_is_silent if count(loosened.deny) == 0 with input as with_attempts([])

test_without_an_organisation_there_is_nothing_to_loosen if count(loosened.deny) == 0 with input as {"project": {}}
