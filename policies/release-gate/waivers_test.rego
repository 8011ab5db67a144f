package stageclear.release_gate.waivers_test

import data.stageclear.release_gate.waivers

waiver := {
	"kind": "waiver", "rules": ["taint/python-xss"], "path": "app/views.py", "reason": "known", "owner": "web",
	"expires": "2026-12-31", "days_left": 30, "life_days": 60, "used": 1, "severity": "high", "findings": ["f1"],
	"location": {"path": "stageclear.waivers.toml", "line": 1},
}

finding := {
	"rule": "taint/python-xss", "severity": "high", "fingerprint": "f1", "location": {"path": "app/views.py", "line": 3},
}

document(changes) := {
	"waivers": [object.union(waiver, changes)], "findings": [finding], "packages": [], "vulnerabilities": [],
}

refused(changes) := found if {
	found := {refusal.msg | some refusal in waivers.refuse_waiver} with input as document(changes)
}

test_a_narrow_waiver_with_an_end_is_in_force if count(refused({})) == 0

test_the_last_day_counts if count(refused({"days_left": 0})) == 0

test_an_expired_one_is_refused if refused({"days_left": -1}) == {"it expired on 2026-12-31"}

test_no_end if {
	endless := object.remove(waiver, ["expires", "days_left", "life_days"])
	found := {refusal.msg | some refusal in waivers.refuse_waiver} with input as {
		"waivers": [endless], "findings": [finding], "packages": [], "vulnerabilities": [],
	}
	found == {"it has no end: `expires` is missing"}
}

test_too_long_a_life if refused({"life_days": 366}) == {"it holds for 366 days; 365 are allowed"}

test_an_organisation_shortens_it if {
	found := refused({}) with data.organization as {"waivers": {"max_days": 30}}
	found == {"it holds for 60 days; 30 are allowed"}
}

test_everywhere_is_too_broad if {
	every path in ["**", "*", "**/*", "./**"] {
		count(refused({"path": path})) == 1
	}
}

test_a_package_or_a_fingerprint_is_narrow_enough if {
	unbound := object.remove(waiver, ["path"])
	every changes in [{"package": "left"}, {"fingerprint": "0123456789"}, {"advisory": "CVE-2026-1", "rules": []}] {
		found := {refusal.msg | some refusal in waivers.refuse_waiver} with input as {
			"waivers": [object.union(unbound, changes)], "findings": [finding], "packages": [], "vulnerabilities": [],
		}
		count(found) == 0
	}
}

test_a_rule_of_no_kind if {
	"it is too broad: `rule` names no kind of finding" in refused({"rules": ["*"]})
	count(refused({"rules": ["taint/*"]})) == 0
}

test_malicious_packages_stay if {
	place := {"path": "package-lock.json", "line": 9}
	bad := {"rule": "dependency/vulnerable-package", "severity": "critical", "fingerprint": "f2", "location": place}
	found := {refusal.msg | some refusal in waivers.refuse_waiver} with input as {
		"waivers": [object.union(waiver, {"rules": ["dependency/vulnerable-package"], "findings": ["f2"]})],
		"findings": [bad], "packages": [{"name": "left", "purl": "pkg:npm/left@1", "location": place}],
		"vulnerabilities": [{"purl": "pkg:npm/left@1", "malicious": true}],
	}
	found == {"`left` is malicious: remove it"}
}

test_what_is_never_waived if {
	strict := {"waivers": {"never": ["taint/python-xss", "secret/*"]}}
	every rules in [["taint/python-xss"], ["taint/*"], ["secret/slack-token"], ["secret/*"], ["se*"]] {
		found := refused({"rules": rules}) with data.organization as strict
		some msg in found
		endswith(msg, "is never waived here")
	}
	found := refused({"rules": ["taint/python-sql-injection"], "findings": []}) with data.organization as strict
	count(found) == 0
}

test_comments_may_be_forbidden if {
	strict := {"waivers": {"in_source": false, "baseline": false}}
	every kind in ["in-source", "baseline"] {
		found := refused({"kind": kind}) with data.organization as strict
		count(found) == 1
		count(refused({"kind": kind})) == 0
	}
}

test_owners_and_tickets if {
	strict := {"waivers": {"owners": ["security"], "ticket_from": "high"}}
	found := refused({}) with data.organization as strict
	found == {"severity high needs a `ticket`", "`web` may not answer for waivers"}
	mended := refused({"owner": "security", "ticket": "SEC-1"}) with data.organization as strict
	count(mended) == 0
	mild := refused({"owner": "security", "severity": "medium"}) with data.organization as strict
	count(mild) == 0
}

test_vex_documents_may_be_forbidden if {
	statement := {"kind": "vex", "owner": "vendor"}
	count(refused(statement)) == 0
	found := refused(statement) with data.organization as {"waivers": {"vex": false}}
	found == {"VEX documents excuse nothing here"}
	others := refused(statement) with data.organization as {"waivers": {"vex_authors": ["Acme"]}}
	others == {"statements of `vendor` are not believed here"}
	own := refused(statement) with data.organization as {"waivers": {"vex_authors": ["vendor"]}}
	count(own) == 0
	# Comments, baselines and waivers are no VEX documents.
	plain := refused({"kind": "waiver"}) with data.organization as {"waivers": {"vex": false, "vex_authors": ["Acme"]}}
	count(plain) == 0
}

test_no_statement_clears_malware if {
	place := {"path": "package-lock.json", "line": 9}
	bad := {"rule": "dependency/vulnerable-package", "severity": "critical", "fingerprint": "f2", "location": place}
	found := {refusal.msg | some refusal in waivers.refuse_waiver} with input as {
		"waivers": [object.union(waiver, {"kind": "vex", "rules": [], "findings": ["f2"]})],
		"findings": [bad], "packages": [{"name": "left", "purl": "pkg:npm/left@1", "location": place}],
		"vulnerabilities": [{"purl": "pkg:npm/left@1", "malicious": true}],
	}
	found == {"`left` is malicious: remove it"}
}
