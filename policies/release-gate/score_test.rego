package stageclear.release_gate.score_test

import data.stageclear.release_gate.score

clean := {"findings": [], "vulnerabilities": [], "packages": [], "policies": [], "problems": [], "advisories": null}

finding(severity) := {"rule": "secret/key", "severity": severity, "confidence": "high", "context": "production"}

many(severity, number) := [finding(severity) | some _ in numbers.range(1, number)]

value(document) := result.value if result := score.score with input as object.union(clean, document)

test_nothing_to_say_is_100 if value({}) == 100

test_each_severity_has_its_weight if {
	value({"findings": [finding("critical")]}) == 60
	value({"findings": [finding("high")]}) == 85
	value({"findings": [finding("medium")]}) == 95
	value({"findings": [finding("low")]}) == 99
	value({"findings": [finding("info")]}) == 100
}

test_severities_saturate_with_those_below if {
	value({"findings": many("low", 500)}) == 90
	value({"findings": many("medium", 500)}) == 65
	value({"findings": array.concat(many("medium", 500), many("low", 500))}) == 65
	value({"findings": many("high", 500)}) == 20
	value({"findings": many("critical", 2)}) == 20
	value({"findings": array.concat(many("critical", 9), many("high", 9))}) == 0
}

# One of many that becomes milder: with a limit for each severity alone the score would fall.
test_a_milder_finding_never_lowers_the_score if {
	value({"findings": array.concat(many("critical", 3), many("high", 1))}) >= value({"findings": many("critical", 4)})
	value({"findings": array.concat(many("high", 9), many("medium", 1))}) >= value({"findings": many("high", 10)})
}

test_more_findings_never_raise_the_score if {
	values := [value({"findings": many("high", number)}) | some number in numbers.range(1, 8)]
	every index in numbers.range(1, 7) {
		values[index] <= values[index - 1]
	}
}

test_a_lower_severity_never_lowers_the_score if {
	values := [value({"findings": [finding(severity)]}) | some severity in ["critical", "high", "medium", "low", "info"]]
	values == sort(values)
}

test_doubtful_and_development_findings_count_a_quarter if {
	value({"findings": [object.union(finding("critical"), {"confidence": "low"})]}) == 90
	value({"findings": [object.union(finding("critical"), {"context": "development"})]}) == 90
	value({"findings": [object.union(finding("critical"), {"context": "test"})]}) == 100
	value({"findings": [object.union(finding("critical"), {"suppression": {"kind": "baseline"}})]}) == 100
}

test_vulnerabilities_count if {
	vulnerability := {"id": "GHSA-a", "package": "left", "version": "1", "purl": "pkg:npm/left@1", "severity": "high"}
	value({"vulnerabilities": [vulnerability]}) == 90
	value({"vulnerabilities": [vulnerability], "packages": [{"purl": "pkg:npm/left@1", "scope": "dev"}]}) == 97
	value({"vulnerabilities": [object.union(vulnerability, {"severity": null})]}) == value({"vulnerabilities": [vulnerability]})
}

test_gaps_take_points if {
	value({"problems": [{"incomplete": true}]}) == 90
	value({"problems": [{"incomplete": false}]}) == 100
	value({"advisories": {"age_days": 31}}) == 95
	value({"advisories": {"age_days": 91}}) == 85
}

test_the_next_three_are_the_heaviest if {
	marked := [object.union(finding(severity), {"fingerprint": mark}) |
		some [severity, mark] in [["low", "a"], ["critical", "b"], ["medium", "c"], ["high", "d"], ["medium", "e"]]
	]
	result := score.score with input as object.union(clean, {"findings": marked})
	result.value == 34
	result.next == {"findings": ["b", "d", "c"], "value": 94}
}

test_where_three_change_nothing_there_is_no_advice if {
	marked := [object.union(finding("critical"), {"fingerprint": sprintf("%d", [number])}) | some number in numbers.range(1, 9)]
	result := score.score with input as object.union(clean, {"findings": marked})
	result.next == null
}

test_deductions_name_their_reason if {
	result := score.score with input as object.union(clean, {"findings": many("high", 2)})
	result.deductions == [{"reason": "2 high finding(s)", "points": 30}]
}
