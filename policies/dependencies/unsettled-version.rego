# METADATA
# scope: package
# title: Version that is fresh, withdrawn or deprecated
# description: >-
#   Malware is mostly found within days of being published, so a version of this week has been looked at by nobody. A
#   version that was yanked has a fault that its publisher knows; a deprecated one gets no more fixes. Known with
#   `--online` only.
# custom:
#   id: policy/dependencies/unsettled-version
#   severity: medium
#   cwe: [1357, 1104]
#   owasp: ["A06:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     wait until a version is a week old, unless it fixes something urgent; leave yanked versions, and replace what is deprecated
#   bad: |
#     "left": "4.2.1"     # published yesterday
#   good: |
#     "left": "4.2.0"     # published a month ago
package stageclear.dependencies.unsettled_version

import data.stageclear.lib

# Days that a version should be old.
least := 7

warn contains violation if {
	some fact in lib.dependencies
	some told in messages(fact)
	violation := {
		"title": told.title,
		"msg": told.msg,
		"location": fact.location,
		"severity": told.severity,
		"confidence": "high",
		"content": sprintf("%s %s", [fact.name, fact.other]),
	}
}

messages(fact) := [{
	"title": "Version that was published within the last days",
	"msg": sprintf("`%s` %s was published %d days ago, less than %d", [fact.name, fact.other, fact.days, least]),
	"severity": "medium",
}] if {
	fact.kind == "fresh-version"
	fact.days < least
}

messages(fact) := [{
	"title": "Version that was withdrawn",
	"msg": sprintf("`%s` %s was yanked by its publisher", [fact.name, fact.other]),
	"severity": "medium",
}] if {
	fact.kind == "yanked"
}

messages(fact) := [{
	"title": "Deprecated package",
	"msg": sprintf("`%s` %s is deprecated: %s", [fact.name, fact.other, fact.how]),
	"severity": "low",
}] if {
	fact.kind == "deprecated"
}
