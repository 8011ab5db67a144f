# METADATA
# scope: package
# title: Score
# description: >-
#   0 to 100: how far the project is from nothing to say. Every active finding takes points by its severity, all up to a
#   severity together no more than its limit, so that many small things never outweigh one large thing. Fixing anything,
#   or making it less bad, never lowers the score. Value = 100 - the sum of all deductions, at least 0.
# custom:
#   id: policy/release-gate/score
#   severity: info
#   remedy: start with the largest deduction
package stageclear.release_gate.score

import data.stageclear.lib
import data.stageclear.release_gate.verdict as gate

# Per severity: quarter points for each, and the limit for all of it and below, also in quarter points. A limit of one
# severity alone would let the score fall when one finding of many becomes milder. Info takes nothing.
weights := {
	"critical": {"each": 160, "limit": 600},
	"high": {"each": 60, "limit": 320},
	"medium": {"each": 20, "limit": 140},
	"low": {"each": 4, "limit": 40},
}

vulnerability_weights := {
	"critical": {"each": 100, "limit": 400},
	"high": {"each": 40, "limit": 200},
	"medium": {"each": 12, "limit": 80},
	"low": {"each": 4, "limit": 20},
}

# A finding that may well be false, or does not run in production, counts a quarter; tests and the like nothing.
parts(finding) := 4 if {
	not gate.only_for_developers(finding)
	object.get(finding, "context", "production") == "production"
	finding.confidence != "low"
}

parts(finding) := 1 if {
	object.get(finding, "context", "production") == "production"
	finding.confidence == "low"
}

parts(finding) := 1 if finding.context == "development"

parts(finding) := 1 if {
	gate.only_for_developers(finding)
	object.get(finding, "context", "production") == "production"
}

counted := [{"severity": finding.severity, "parts": parts(finding), "index": index} |
	some index in gate.active
	finding := input.findings[index]
	finding.severity in object.keys(weights)
]

# Vulnerabilities that are no findings as well; those in development dependencies count a quarter.
vulnerability_parts(vulnerability) := 4 if gate.ships(vulnerability)

vulnerability_parts(vulnerability) := 1 if not gate.ships(vulnerability)

counted_vulnerabilities := [{"severity": gate.severity_of(vulnerability), "parts": vulnerability_parts(vulnerability)} |
	some vulnerability in input.vulnerabilities
	not vulnerability.informational
	not vulnerability.purl in gate.as_finding
]

# Quarter points of one severity.
quarters(items, table, severity) := (table[severity].each * sum([item.parts | some item in of_severity(items, severity)])) / 4

# reached(items, table): quarter points of each severity together with those below.
reached(items, table) := {"critical": critical, "high": high, "medium": medium, "low": low} if {
	low := min([table.low.limit, quarters(items, table, "low")])
	medium := min([table.medium.limit, low + quarters(items, table, "medium")])
	high := min([table.high.limit, medium + quarters(items, table, "high")])
	critical := min([table.critical.limit, high + quarters(items, table, "critical")])
}

below := {"critical": "high", "high": "medium", "medium": "low"}

# What a severity takes beyond those below it.
points(all, severity) := ceil(all[severity] / 4) - ceil(object.get(all, object.get(below, severity, ""), 0) / 4)

of_severity(items, severity) := [item | some item in items; item.severity == severity]

findings_deductions := findings_deductions_of(counted)

findings_deductions_of(findings) := [deduction |
	all := reached(findings, weights)
	some severity in ["critical", "high", "medium", "low"]
	items := of_severity(findings, severity)
	count(items) > 0
	deduction := {"reason": sprintf("%d %s finding(s)", [count(items), severity]), "points": points(all, severity)}
]

vulnerability_deductions := [deduction |
	all := reached(counted_vulnerabilities, vulnerability_weights)
	some severity in ["critical", "high", "medium", "low"]
	items := of_severity(counted_vulnerabilities, severity)
	count(items) > 0
	deduction := {
		"reason": sprintf("%d %s vulnerability(s) in dependencies", [count(items), severity]),
		"points": points(all, severity),
	}
]

audit_deductions := array.concat(
	[{"reason": "not everything could be checked", "points": 10} | gate.unchecked > 0],
	[{"reason": sprintf("advisory data is %d days old", [gate.age]), "points": age_points} | age_points > 0],
)

age_points := 15 if gate.age > gate.oldest

age_points := 5 if {
	gate.age > 30
	gate.age <= gate.oldest
}

age_points := 0 if gate.age <= 30

deductions := array.concat(array.concat(findings_deductions, vulnerability_deductions), audit_deductions)

total := sum([deduction.points | some deduction in deductions])

value := max([0, 100 - total])

# The heaviest findings, what would be gained first.
heaviest := [{"index": entry[1], "weight": entry[0]} |
	some entry in array.slice(
		sort([[0 - (weights[item.severity].each * item.parts), item.index] | some item in counted]),
		0, 3,
	)
]

without_heaviest := [item |
	gone := {entry.index | some entry in heaviest}
	some item in counted
	not item.index in gone
]

# What the score is once they are mended.
mended := max([0, 100 - sum([deduction.points | some deduction in array.concat(findings_deductions_of(without_heaviest), rest)])])

rest := array.concat(vulnerability_deductions, audit_deductions)

default next := null

next := {"findings": [input.findings[entry.index].fingerprint | some entry in heaviest], "value": mended} if {
	mended > value
	every entry in heaviest { input.findings[entry.index].fingerprint }
}

score := {"value": value, "deductions": deductions, "next": next}
