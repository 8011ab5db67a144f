# METADATA
# scope: package
# title: Packages whose licence is not known
# description: >-
#   Where licences are decided about, a package without one has not been decided about: without a licence nobody may use it at
#   all. Many lockfiles hold no licences; those of installed packages (`node_modules`, `.venv`) are read, and a bill of
#   materials (`*.cdx.json`, `*.spdx.json`) may tell them.
# custom:
#   id: policy/supply-chain/unknown-license
#   severity: info
#   level: baseline
#   cwe: [1357]
#   remedy: >-
#     install the packages before the audit, or put a bill of materials that holds their licences beside the lockfile
#   bad: |
#     [licenses]
#     allow = ["MIT"]   # and a uv.lock, with nothing installed
#   good: |
#     [licenses]
#     allow = ["MIT"]   # and a package-lock.json of version 3, which holds licences
package stageclear.supply_chain.unknown_license

import data.stageclear.helpers.licenses

# One finding a file.
warn contains violation if {
	licenses.are_listed
	some path, names in unknown
	shown := array.slice(sort(names), 0, 5)
	violation := {
		"msg": sprintf("the licences of %d packages are not known: %s%s", [count(names), concat(", ", shown), more(names)]),
		"location": {"path": path, "line": first_line(path)},
		"confidence": "high",
		"content": path,
	}
}

more(names) := " …" if count(names) > 5

more(names) := "" if count(names) <= 5

is_unknown(entry) if {
	not entry.license
	entry.scope in {"runtime", "optional"}
	# What another place says of the same package is said of it.
	not entry.purl in licensed
}

licensed := {entry.purl | some entry in input.packages; entry.license}

unknown_entries := [entry | some entry in input.packages; is_unknown(entry)]

unknown := {path: names |
	some path in {entry.location.path | some entry in unknown_entries}
	names := {entry.name | some entry in unknown_entries; entry.location.path == path}
}

first_line(path) := min({entry.location.line | some entry in unknown_entries; entry.location.path == path})
