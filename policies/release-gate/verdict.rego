# METADATA
# scope: package
# title: Release gate
# description: >-
#   Says whether the project may ship. It fails on findings at or above the bar, on vulnerable runtime dependencies at or
#   above it, on a policy of the project's own that denies, and, when strict, on anything that was not checked.
# custom:
#   id: policy/release-gate/verdict
#   severity: high
#   remedy: fix what the reasons name, or except it with a reason and an end
package stageclear.release_gate.verdict

import data.stageclear.lib

# The severity that fails; `high` unless the project says otherwise.
default bar := "high"

bar := input.project.options.fail_on if input.project.options.fail_on in object.keys(lib.severity_rank)

default strict := false

strict if input.project.options.strict == true

# Code that ships, or that a developer runs; tests, examples, vendored and generated code do not block.
weighed(finding) if object.get(finding, "context", "production") in {"production", "development"}

active contains index if {
	some index, finding in input.findings
	not finding.suppression
}

# Findings at or above the bar, by position, so that equal ones count twice.
blocking contains index if {
	some index in active
	finding := input.findings[index]
	lib.at_least(finding.severity, bar)
	finding.confidence != "low"
	weighed(finding)
	not only_for_developers(finding)
}

levels := ["critical", "high", "medium", "low", "info"]

# tally(severities): "1 critical, 2 high".
tally(severities) := concat(", ", [text |
	some level in levels
	number := count([1 | some severity in severities; severity == level])
	number > 0
	text := sprintf("%d %s", [number, level])
])

# Where findings on dependencies stand, and the package entries at these places.
dependency_places := {[finding.location.path, finding.location.line] |
	some finding in input.findings
	startswith(finding.rule, "dependency/")
}

# Some twice; they are asked which they are, not how many.
entries := array.concat(affected_entries, placed_entries)

affected_entries := [entry |
	count(affected) > 0
	some entry in input.packages
	entry.purl in affected
]

placed_entries := [entry |
	count(dependency_places) > 0
	some entry in input.packages
	[entry.location.path, entry.location.line] in dependency_places
]

affected := {vulnerability.purl | some vulnerability in input.vulnerabilities}

# What ships of them; a package that no entry names counts as shipping.
shipped := {entry.purl | some entry in entries; not entry.scope in {"dev", "build"}}

kept_back := {entry.purl | some entry in entries; entry.scope in {"dev", "build"}}

shipped_places := {[entry.location.path, entry.location.line] | some entry in entries; not entry.scope in {"dev", "build"}}

kept_back_places := {[entry.location.path, entry.location.line] | some entry in entries; entry.scope in {"dev", "build"}}

ships(vulnerability) if vulnerability.purl in shipped

ships(vulnerability) if not vulnerability.purl in kept_back

# A finding on a dependency that only development and building need.
only_for_developers(finding) if {
	startswith(finding.rule, "dependency/")
	place := [finding.location.path, finding.location.line]
	place in kept_back_places
	not place in shipped_places
}

# A vulnerability whose package has a finding is judged there: so a waiver of the finding is a waiver of it.
as_finding := {entry.purl |
	some entry in entries
	[entry.location.path, entry.location.line] in dependency_places
}

# Advisories without a severity count as high: not knowing is no reason to pass.
severity_of(vulnerability) := vulnerability.severity if rated(vulnerability)

severity_of(vulnerability) := "high" if not rated(vulnerability)

rated(vulnerability) if vulnerability.severity in {"critical", "high", "medium", "low", "info"}

vulnerable contains index if {
	some index, vulnerability in input.vulnerabilities
	not vulnerability.informational
	not vulnerability.purl in as_finding
	lib.at_least(severity_of(vulnerability), bar)
	ships(vulnerability)
}

# Rules of the project's own policies that deny, with a violation that nothing silences.
active_rules := {input.findings[index].rule | some index in active}

denials contains policy if {
	some policy in input.policies
	policy.outcome == "deny"
	policy.source != "built-in"
	policy.rule in active_rules
}

unchecked := count([1 | some problem in input.problems; problem.incomplete])

default age := 0

age := input.advisories.age_days if is_number(input.advisories.age_days)

# Advisory data older than this no longer says what is known; the score tells.
oldest := 90

incomplete if unchecked > 0

# How old the project itself allows it to be; without such a limit old data is told, and does not stop anything.
incomplete if too_old

too_old if age > input.project.options.max_advisory_age

# Each reason against with its weight; the heaviest first.
against contains [0, sprintf("%d finding(s) at or above %s: %s", [count(blocking), bar, tally([input.findings[index].severity | some index in blocking])])] if {
	count(blocking) > 0
}

against contains [1, sprintf("%d known vulnerability(s) at or above %s in shipped dependencies: %s", [count(vulnerable), bar, concat(", ", names)])] if {
	count(vulnerable) > 0
	all_names := sort({sprintf("%s %s (%s)", [found.package, found.version, found.id]) |
		some index in vulnerable
		found := input.vulnerabilities[index]
	})
	names := array.slice(all_names, 0, 5)
}

against contains [2, sprintf("policy `%s` denies: %d violation(s)", [policy.rule, policy.violations])] if {
	some policy in denials
}

against contains [3, sprintf("the audit is incomplete: %d problem(s) left something unchecked", [unchecked])] if {
	strict
	unchecked > 0
}

against contains [4, sprintf("the advisory data is %d days old; the configuration allows %d", [age, input.project.options.max_advisory_age])] if {
	strict
	too_old
}

default incomplete := false

reasons := [reason[1] | some reason in sort(against)]

# What is merely unchecked is no reason against the code: it has an exit status of its own.
default passed := true

passed := false if {
	some reason in against
	reason[0] < 3
}

verdict := {"passed": passed, "incomplete": incomplete, "reasons": reasons}
