# METADATA
# scope: package
# title: Bounds of waivers
# description: >-
#   An exception without an end outlives its reason, and one that names everything hides what comes later. A waiver of
#   the waiver file ends, names a rule and where it holds, and excuses no malicious package. An organisation sets its
#   own bounds in `data.organization.waivers`, and may forbid comments in the source, a baseline or VEX documents.
# custom:
#   id: policy/release-gate/waivers
#   severity: info
#   parameters:
#     waiver_max_days:
#       default: 365
#       tighter: lower
#       description: days that a waiver may hold
#   remedy: renew the waiver with a new reason and date, narrow it, or mend what it excuses
package stageclear.release_gate.waivers

import data.stageclear.lib

# Days that a waiver may hold: what the project says, or the organisation if that is less.
longest := min({lib.parameter("waiver_max_days", 365)} | {days |
	days := data.organization.waivers.max_days
	is_number(days)
})

# Rules that are never waived; one ending in `*` stands for all that begin so.
default never := []

never := data.organization.waivers.never if is_array(data.organization.waivers.never)

# From this severity on a waiver needs a ticket.
default ticket_from := "none"

ticket_from := data.organization.waivers.ticket_from if is_string(data.organization.waivers.ticket_from)

# Who may answer for a waiver; empty for anybody.
default owners := []

owners := data.organization.waivers.owners if is_array(data.organization.waivers.owners)

written contains index if {
	some index, waiver in input.waivers
	waiver.kind == "waiver"
}

refuse_waiver contains {"waiver": index, "msg": sprintf("it expired on %s", [input.waivers[index].expires])} if {
	some index in written
	input.waivers[index].days_left < 0
}

refuse_waiver contains {"waiver": index, "msg": "it has no end: `expires` is missing"} if {
	some index in written
	not input.waivers[index].expires
}

refuse_waiver contains {"waiver": index, "msg": msg} if {
	some index in written
	waiver := input.waivers[index]
	waiver.life_days > longest
	msg := sprintf("it holds for %d days; %d are allowed", [waiver.life_days, longest])
}

refuse_waiver contains {"waiver": index, "msg": "it is too broad: name a path, a package or a fingerprint"} if {
	some index in written
	waiver := input.waivers[index]
	not narrowed(waiver)
}

narrowed(waiver) if waiver.package

narrowed(waiver) if waiver.fingerprint

narrowed(waiver) if waiver.advisory

narrowed(waiver) if not regex.match(`^[*/.]*$`, waiver.path)

refuse_waiver contains {"waiver": index, "msg": "it is too broad: `rule` names no kind of finding"} if {
	some index in written
	some rule in input.waivers[index].rules
	not regex.match(`^[a-z]+/`, rule)
}

refuse_waiver contains {"waiver": index, "msg": msg} if {
	some index, waiver in input.waivers
	waiver.kind in {"waiver", "vex"}
	some finding in spoken_of(waiver)
	some found in malicious
	found.path == finding.location.path
	found.line == finding.location.line
	msg := sprintf("`%s` is malicious: remove it", [found.name])
}

malicious contains {"path": entry.location.path, "line": entry.location.line, "name": entry.name} if {
	purls := {vulnerability.purl | some vulnerability in input.vulnerabilities; vulnerability.malicious}
	some entry in input.packages
	entry.purl in purls
}

# The findings that a waiver would silence.
spoken_of(waiver) := [finding |
	some mark in object.get(waiver, "findings", [])
	some finding in by_fingerprint[mark]
]

by_fingerprint := lib.grouped({[finding.fingerprint, finding] | some finding in input.findings})

# An organisation's bounds hold for every kind of exception.
refuse_waiver contains {"waiver": index, "msg": sprintf("`%s` is never waived here", [rule])} if {
	some index, waiver in input.waivers
	some rule in array.concat(waiver.rules, [finding.rule | some finding in spoken_of(waiver)])
	some pattern in never
	covers(pattern, rule)
}

# `secret/*` never waived also refuses a waiver of `s*`.
covers(pattern, rule) if pattern == rule

covers(pattern, rule) if {
	endswith(pattern, "*")
	startswith(rule, trim_suffix(pattern, "*"))
}

covers(pattern, rule) if {
	endswith(rule, "*")
	startswith(pattern, trim_suffix(rule, "*"))
}

refuse_waiver contains {"waiver": index, "msg": sprintf("severity %s needs a `ticket`", [waiver.severity])} if {
	some index in written
	waiver := input.waivers[index]
	lib.at_least(waiver.severity, ticket_from)
	not waiver.ticket
}

refuse_waiver contains {"waiver": index, "msg": sprintf("`%s` may not answer for waivers", [waiver.owner])} if {
	count(owners) > 0
	some index in written
	waiver := input.waivers[index]
	not waiver.owner in owners
}

refuse_waiver contains {"waiver": index, "msg": "comments in the source excuse nothing here"} if {
	data.organization.waivers.in_source == false
	some index, waiver in input.waivers
	waiver.kind == "in-source"
}

refuse_waiver contains {"waiver": index, "msg": "a baseline excuses nothing here"} if {
	data.organization.waivers.baseline == false
	some index, waiver in input.waivers
	waiver.kind == "baseline"
}

refuse_waiver contains {"waiver": index, "msg": "VEX documents excuse nothing here"} if {
	data.organization.waivers.vex == false
	some index, waiver in input.waivers
	waiver.kind == "vex"
}

# Whose VEX documents are believed; empty for anybody's.
default vex_authors := []

vex_authors := data.organization.waivers.vex_authors if is_array(data.organization.waivers.vex_authors)

refuse_waiver contains {"waiver": index, "msg": sprintf("statements of `%s` are not believed here", [author])} if {
	count(vex_authors) > 0
	some index, waiver in input.waivers
	waiver.kind == "vex"
	author := object.get(waiver, "owner", "")
	not author in vex_authors
}
