package stageclear.release_gate.verdict_test

import data.stageclear.release_gate.verdict as gate

clean := {
	"project": {"options": {"fail_on": null, "strict": false}},
	"findings": [], "vulnerabilities": [], "packages": [], "policies": [], "problems": [], "advisories": null,
}

finding(severity) := {
	"rule": "taint/python-sql-injection", "severity": severity, "confidence": "high", "context": "production",
}

vulnerability(severity) := {
	"id": "GHSA-aaaa-bbbb-cccc", "package": "left", "version": "1.0.0", "purl": "pkg:npm/left@1.0.0", "severity": severity,
}

place := {"path": "package-lock.json", "line": 7}

package_of(scope) := {"purl": "pkg:npm/left@1.0.0", "scope": scope, "location": place}

dependency := object.union(finding("high"), {"rule": "dependency/vulnerable-package", "location": place})

changed(changes) := object.union(clean, changes)

options(fail_on, strict) := {"project": {"options": {"fail_on": fail_on, "strict": strict}}}

test_a_clean_project_passes if {
	gate.verdict == {"passed": true, "incomplete": false, "reasons": []} with input as clean
}

test_findings_at_the_bar_fail_and_below_pass if {
	result := gate.verdict with input as changed({"findings": [finding("high"), finding("high"), finding("critical"), finding("low")]})
	result.passed == false
	result.reasons == ["3 finding(s) at or above high: 1 critical, 2 high"]
	gate.verdict.passed with input as changed({"findings": [finding("medium")]})
}

test_the_bar_can_be_moved if {
	strict_bar := object.union(options("low", false), {"findings": [finding("low")]})
	not gate.verdict.passed with input as changed(strict_bar)
	loose_bar := object.union(options("critical", false), {"findings": [finding("high")]})
	gate.verdict.passed with input as changed(loose_bar)
}

test_what_does_not_block if {
	every exempt in [
		{"confidence": "low"}, {"context": "test"}, {"context": "example"}, {"context": "vendored"},
		{"context": "generated"}, {"suppression": {"kind": "waiver", "reason": "accepted"}},
	] {
		gate.verdict.passed with input as changed({"findings": [object.union(finding("critical"), exempt)]})
	}
}

test_vulnerable_runtime_dependencies_fail if {
	result := gate.verdict with input as changed({"vulnerabilities": [vulnerability("high")], "packages": [package_of("runtime")]})
	result.reasons == ["1 known vulnerability(s) at or above high in shipped dependencies: left 1.0.0 (GHSA-aaaa-bbbb-cccc)"]
	not gate.verdict.passed with input as changed({"vulnerabilities": [vulnerability("high")], "packages": [package_of("dev"), package_of("runtime")]})
}

test_development_and_informational_dependencies_pass if {
	gate.verdict.passed with input as changed({"vulnerabilities": [vulnerability("high")], "packages": [package_of("dev")]})
	notice := object.union(vulnerability("high"), {"informational": "unmaintained"})
	gate.verdict.passed with input as changed({"vulnerabilities": [notice]})
	gate.verdict.passed with input as changed({"vulnerabilities": [vulnerability(null)]})
}

test_a_waived_finding_waives_its_vulnerability if {
	waived := object.union(dependency, {"suppression": {"kind": "waiver"}})
	both := {"vulnerabilities": [vulnerability("high")], "packages": [package_of("runtime")], "findings": [waived]}
	gate.verdict.passed with input as changed(both)
}

test_findings_on_dependencies_block_unless_only_developers_need_them if {
	kept := {"vulnerabilities": [vulnerability("high")], "packages": [package_of("dev")], "findings": [dependency]}
	gate.verdict.passed with input as changed(kept)
	shipped := object.union(kept, {"packages": [package_of("dev"), package_of("runtime")]})
	result := gate.verdict with input as changed(shipped)
	result.reasons == ["1 finding(s) at or above high: 1 high"]
}

test_user_policies_that_deny_fail if {
	policy := {"rule": "policy/user/house-deny", "source": "house.rego", "outcome": "deny", "violations": 1}
	hit := object.union(finding("low"), {"rule": "policy/user/house-deny"})
	denied := changed({"policies": [policy], "findings": [hit]})
	result := gate.verdict with input as denied
	result.reasons == ["policy `policy/user/house-deny` denies: 1 violation(s)"]
	silenced := object.union(hit, {"suppression": {"kind": "waiver"}})
	gate.verdict.passed with input as changed({"policies": [policy], "findings": [silenced]})
	gate.verdict.passed with input as changed({"policies": [object.union(policy, {"outcome": "warn"})], "findings": [hit]})
}

test_incomplete_fails_only_when_strict if {
	problems := {"problems": [{"incomplete": true}, {"incomplete": false}]}
	lenient := gate.verdict with input as changed(problems)
	lenient == {"passed": true, "incomplete": true, "reasons": []}
	strict := gate.verdict with input as changed(object.union(options(null, true), problems))
	strict.reasons == ["the audit is incomplete: 1 problem(s) left something unchecked"]
}

test_old_advisories if {
	old := {"advisories": {"sources": [], "age_days": 91}}
	lenient := gate.verdict with input as changed(old)
	lenient == {"passed": true, "incomplete": true, "reasons": []}
	not gate.verdict.passed with input as changed(object.union(options(null, true), old))
	gate.verdict.incomplete == false with input as changed({"advisories": {"sources": [], "age_days": 31}})
}

test_missing_sections_do_no_harm if gate.verdict.passed with input as {"findings": []}
