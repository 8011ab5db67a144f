package stageclear.helpers.licenses_test

import data.stageclear.helpers.licenses

input_of(expression, choices, lists) := {
	"packages": [{"name": "left", "license": {"expression": expression, "spdx": true, "choices": choices}}],
	"project": {"options": {"licenses": lists}},
}

test_one_way_is_enough if {
	given := input_of("MIT OR GPL-3.0-only", [["GPL-3.0-only"], ["MIT"]], {"allow": ["MIT"]})
	acceptable := licenses.known_acceptable with input as given
	acceptable == {"MIT OR GPL-3.0-only"}
}

test_all_of_a_way_must_be_allowed if {
	given := input_of("MIT AND GPL-3.0-only", [["GPL-3.0-only", "MIT"]], {"allow": ["MIT"]})
	acceptable := licenses.known_acceptable with input as given
	count(acceptable) == 0
}
