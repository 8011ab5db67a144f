package stageclear.supply_chain.denied_license_test

import data.stageclear.supply_chain.denied_license

package_of(license) := {
	"ecosystem": "npm", "name": "left", "purl": "pkg:npm/left@1.0.0", "scope": "runtime",
	"location": {"path": "package-lock.json", "line": 9}, "license": license,
}

mit := {"expression": "MIT", "spdx": true, "choices": [["MIT"]]}

agpl := {"expression": "AGPL-3.0-only", "spdx": true, "choices": [["AGPL-3.0-only"]]}

either := {"expression": "MIT OR AGPL-3.0-only", "spdx": true, "choices": [["AGPL-3.0-only"], ["MIT"]]}

both := {"expression": "MIT AND AGPL-3.0-only", "spdx": true, "choices": [["AGPL-3.0-only", "MIT"]]}

excepted := {
	"expression": "GPL-2.0-only WITH Classpath-exception-2.0", "spdx": true,
	"choices": [["GPL-2.0-only WITH Classpath-exception-2.0"]],
}

text := {"expression": "SEE LICENSE IN LICENSE.txt", "spdx": false}

document(license, lists) := {"packages": [package_of(license)], "project": {"options": {"licenses": lists}}}

found(license, lists) := size if {
	violations := denied_license.warn with input as document(license, lists)
	size := count(violations)
}

test_nothing_is_asked_without_lists if {
	found(agpl, {}) == 0
	found(text, {"allow": [], "deny": []}) == 0
	bare := denied_license.warn with input as {"packages": [package_of(agpl)], "project": {"options": {}}}
	count(bare) == 0
}

test_an_allow_list if {
	lists := {"allow": ["mit", "Apache-*"], "deny": []}
	found(mit, lists) == 0
	found(agpl, lists) == 1
	found(either, lists) == 0
	found(both, lists) == 1
	found(text, lists) == 1
	found({"expression": "Apache-2.0", "spdx": true, "choices": [["Apache-2.0"]]}, lists) == 0
}

test_a_deny_list if {
	lists := {"allow": [], "deny": ["AGPL-*", "GPL-*"]}
	found(mit, lists) == 0
	found(agpl, lists) == 1
	found(either, lists) == 0
	found(both, lists) == 1
	found(text, lists) == 0
	found(excepted, lists) == 1
	found(excepted, {"allow": ["GPL-2.0-only WITH Classpath-exception-2.0"], "deny": ["GPL-*"]}) == 0
	found(text, {"allow": [], "deny": ["SEE LICENSE IN*"]}) == 1
}

test_what_is_not_shipped_weighs_less if {
	dev := object.union(package_of(agpl), {"scope": "dev"})
	violations := denied_license.warn with input as {
		"packages": [dev], "project": {"options": {"licenses": {"deny": ["AGPL-3.0-only"]}}},
	}
	some violation in violations
	violation.severity == "low"
}

test_the_organisation_denies_too if {
	own := {"allow": ["MIT", "AGPL-3.0-only"], "deny": []}
	found(agpl, own) == 0
	denied := found(agpl, own) with data.organization as {"licenses": {"deny": ["AGPL-*"]}}
	denied == 1
	narrowed := found(agpl, own) with data.organization as {"licenses": {"allow": ["MIT"]}}
	narrowed == 1
	# What the organisation allows is not allowed by a project that says less.
	both_lists := found(agpl, {"allow": ["MIT"]}) with data.organization as {"licenses": {"allow": ["MIT", "AGPL-3.0-only"]}}
	both_lists == 1
}
