package stageclear.checklist.checklist_test

import data.stageclear.checklist.checklist

place(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

coverage := {"files_checked": 9, "source_files": {"python": 4}, "unsupported": {}}

base := {
	"project": {"frameworks": ["flask"], "coverage": coverage},
	"findings": [], "endpoints": [], "settings": [], "packages": [], "problems": [], "waivers": [], "policies": [],
	"vulnerabilities": [], "advisories": {"age_days": 3},
}

changed(changes) := object.union(base, changes)

finding(rule, changes) := object.union({
	"rule": rule, "title": "Found", "message": "found", "location": place(7), "severity": "high",
	"confidence": "high", "context": "production",
}, changes)

item(document, id) := found[0] if {
	items := checklist.items with input as document
	found := [one | some one in items; one.id == id]
}

status(document, id) := item(document, id).status

test_every_question_is_answered if {
	items := checklist.items with input as base
	count(items) >= 40
	every one in items {
		one.status in {"proved", "refuted", "needs-person", "not-applicable"}
		one.summary != ""
	}
	empty := checklist.items with input as {"project": {"frameworks": [], "coverage": {"files_checked": 0, "source_files": {}, "unsupported": {}}}}
	count(empty) == count(items)
	count([one | some one in empty; one.status == "proved"; not startswith(one.id, "release/")]) == 0
}

test_a_finding_refutes if {
	found := item(changed({"findings": [finding("taint/python-sql-injection", {})]}), "input/queries")
	found.status == "refuted"
	found.rules == ["taint/python-sql-injection"]
	found.evidence == [{"message": "Found", "location": place(7)}]
	status(changed({"findings": [finding("taint/javascript-sql-injection", {})]}), "input/queries") == "refuted"
}

test_nothing_found_in_what_was_read_is_proof_with_limits if {
	found := item(base, "input/queries")
	found.status == "proved"
	found.summary == "nothing found in 4 source file(s)"
	found.limits != ""
}

test_hints_and_accepted_findings_need_a_person if {
	every changes in [{"confidence": "low"}, {"severity": "info"}, {"suppression": {"kind": "waiver", "reason": "known"}}] {
		status(changed({"findings": [finding("taint/python-xss", changes)]}), "input/markup") == "needs-person"
	}
}

test_an_accepted_finding_is_told_by_its_reason if {
	found := item(changed({"findings": [finding("taint/python-xss", {"suppression": {"kind": "waiver", "reason": "known"}})]}), "input/markup")
	found.evidence == [{"message": "accepted: known", "location": place(7)}]
}

test_findings_in_tests_refute_nothing if {
	status(changed({"findings": [finding("taint/python-xss", {"context": "test"})]}), "input/markup") == "proved"
}

problem(kind, path) := {"kind": kind, "message": "cut off", "incomplete": true, "location": object.union(place(1), {"path": path})}

test_no_proof_without_full_sight if {
	status(changed({"problems": [problem("syntax", "a.py")]}), "input/queries") == "needs-person"
	status(changed({"problems": [problem("syntax", "a.py")]}), "release/whole") == "needs-person"
	status(changed({"problems": [problem("unreadable", "notes.txt")]}), "credentials/in-code") == "needs-person"
	status(changed({"problems": [problem("syntax", "a.py")]}), "credentials/in-code") == "proved"
	status(changed({"problems": [object.union(problem("syntax", "a.py"), {"incomplete": false})]}), "input/queries") == "proved"
	other := {"frameworks": [], "coverage": object.union(coverage, {"unsupported": {"ruby": 3}})}
	status(changed({"project": other}), "input/queries") == "needs-person"
}

test_findings_weigh_more_than_gaps if {
	status(changed({"problems": [problem("syntax", "a.py")], "findings": [finding("taint/python-xss", {})]}), "input/markup") == "refuted"
}

route(guards, changes) := object.union({
	"framework": "flask", "methods": ["POST"], "path": "/items", "handler": "add", "location": place(3),
	"context": "production", "middleware": [], "guards": guards, "session": "token",
	"effects": [{"kind": "write", "name": "db.add", "location": place(3)}],
}, changes)

login := {"kind": "authentication", "name": "login_required", "location": place(2)}

test_guards_on_every_route_are_proof if {
	found := item(changed({"endpoints": [route([login], {}), route([login], {"path": "/other"})]}), "authentication/routes")
	found.status == "proved"
	found.evidence[0].message == "`login_required` guards 2 route(s)"
}

test_a_hole_that_no_policy_reports_needs_a_person if {
	found := item(changed({"endpoints": [route([login], {}), route([], {"path": "/open"})]}), "authentication/routes")
	found.status == "needs-person"
	startswith(found.evidence[0].message, "POST /open")
}

test_routes_that_were_not_seen_are_no_proof if {
	status(base, "authentication/routes") == "needs-person"
	none := {"frameworks": [], "coverage": coverage}
	status(changed({"project": none}), "authentication/routes") == "not-applicable"
}

test_headers_need_evidence_for_them if {
	status(changed({"endpoints": [route([], {})]}), "browser/headers") == "needs-person"
	status(changed({"endpoints": [route([], {"middleware": ["helmet"]})]}), "browser/headers") == "proved"
}

test_packages if {
	status(base, "dependencies/known") == "not-applicable"
	packages := {"packages": [{"name": "flask"}]}
	status(changed(packages), "dependencies/known") == "proved"
	status(changed(object.union(packages, {"advisories": {"age_days": 400}})), "dependencies/known") == "needs-person"
	status(changed(object.union(packages, {"problems": [problem("unresolved", "requirements.txt")]})), "dependencies/known") == "needs-person"
}

test_positive_evidence_is_wanted_where_silence_proves_nothing if {
	every id in ["authentication/passwords", "browser/cookies", "browser/https"] {
		status(base, id) == "needs-person"
	}
	bcrypt := {"packages": [{"name": "bcrypt", "direct": true, "location": place(4)}]}
	status(changed(bcrypt), "authentication/passwords") == "proved"
	setting := {"dialect": "django", "key": "SESSION_COOKIE_SECURE", "context": "production", "location": place(4), "value": {"kind": "literal", "value": true}}
	status(changed({"settings": [setting]}), "browser/cookies") == "proved"
}

test_models if {
	status(base, "models/input") == "not-applicable"
	status(changed({"packages": [{"name": "openai"}]}), "models/input") == "proved"
}

test_what_no_policy_judges_is_not_proved if {
	status(base, "infrastructure/files") == "needs-person"
	judged := {"policies": [{"rule": "policy/infrastructure/x"}]}
	status(changed(judged), "infrastructure/files") == "not-applicable"
	status(changed(object.union(judged, {"resources": [{}]})), "infrastructure/files") == "proved"
}

test_stores_whose_rules_are_elsewhere_need_a_person if {
	judged := {"policies": [{"rule": "policy/database/x"}, {"rule": "policy/firebase/x"}]}
	status(changed(judged), "data/stores") == "not-applicable"
	client := {"packages": [{"name": "@supabase/supabase-js", "direct": true, "location": place(4)}]}
	status(changed(object.union(judged, client)), "data/stores") == "needs-person"
	status(changed(object.union(object.union(judged, client), {"databases": [{}]})), "data/stores") == "proved"
}

test_only_a_person_knows if status(base, "credentials/history") == "needs-person"

test_evidence_is_cut_and_counted if {
	many := [finding("taint/python-xss", {"location": place(line)}) | some line in numbers.range(1, 35)]
	found := item(changed({"findings": many}), "input/markup")
	count(found.evidence) == 10
	found.more == 25
}

test_silenced_findings_are_looked_at_again if {
	waiver := {"rules": ["taint/python-xss"], "reason": "known", "location": place(1), "used": 1}
	status(changed({"waivers": [waiver]}), "release/exceptions") == "needs-person"
	status(base, "release/exceptions") == "proved"
}
