package stageclear.supply_chain.unknown_license_test

import data.stageclear.supply_chain.unknown_license

at(name, path, line) := {
	"ecosystem": "PyPI", "name": name, "purl": sprintf("pkg:pypi/%s@1", [name]), "scope": "runtime",
	"location": {"path": path, "line": line},
}

mit := {"expression": "MIT", "spdx": true, "choices": [["MIT"]]}

licensed(name, path, line) := {
	"ecosystem": "PyPI", "name": name, "purl": sprintf("pkg:pypi/%s@1", [name]), "scope": "runtime",
	"location": {"path": path, "line": line}, "license": mit,
}

found(entries, lists) := violations if {
	violations := unknown_license.warn with input as {
		"packages": entries, "project": {"options": {"licenses": lists}},
	}
}

packages := [at("a", "uv.lock", 9), at("b", "uv.lock", 3), licensed("c", "uv.lock", 5)]

test_one_finding_a_file if {
	some violation in found(packages, {"deny": ["GPL-3.0-only"]})
	violation.msg == "the licences of 2 packages are not known: a, b"
	violation.location == {"path": "uv.lock", "line": 3}
	count(found(packages, {"deny": ["GPL-3.0-only"]})) == 1
}

test_without_lists_nothing_is_asked if count(found(packages, {})) == 0

test_another_place_may_tell if {
	told := array.concat(packages, [licensed("a", "app.cdx.json", 1), licensed("b", "app.cdx.json", 2)])
	count(found(told, {"allow": ["MIT"]})) == 0
}

test_what_is_not_shipped_is_left_out if {
	dev := [object.union(entry, {"scope": "dev"}) | some entry in packages]
	count(found(dev, {"allow": ["MIT"]})) == 0
}
