# METADATA
# scope: package
# title: No lockfile
# description: >-
#   Without a lockfile every install takes the newest versions that the ranges admit: what was tested is not what runs, and
#   a release that somebody else has taken over is installed the same day.
# custom:
#   id: policy/supply-chain/missing-lockfile
#   severity: low
#   cwe: [1357, 829]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.1.1, v4.0.3-14.2.5, v5.0.0-15.1.2]
#   remedy: >-
#     commit the lockfile of your package manager (`npm install --package-lock-only`, `uv lock`, `pip-compile --generate-hashes`), and install with `npm ci`, `uv sync --locked`, `pip install --require-hashes`
#   bad: |
#     # requirements.txt, no other file
#     flask
#     requests>=2
#   good: |
#     # requirements.txt, written by pip-compile
#     flask==3.1.2
#     requests==2.32.5
package stageclear.supply_chain.missing_lockfile

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "missing-lockfile"
	fact.scope != "dev"
	violation := {
		"msg": message(fact),
		"location": fact.location,
		"severity": weight(fact),
		"confidence": "high",
		"content": "missing-lockfile",
	}
}

# Ranges end somewhere; a list of names alone takes whatever there is.
weight(fact) := "low" if {
	fact.how == "pins"
	count(fact.names) > 0
} else := "info"

message(fact) := sprintf("no lockfile covers it, and these have no exact version: %s", [shown(fact.names)]) if count(fact.names) > 0

message(fact) := "no lockfile covers it, so what its dependencies bring along may be anything" if count(fact.names) == 0

shown(names) := concat(", ", names) if count(names) <= 8

shown(names) := sprintf("%s and %d more", [concat(", ", array.slice(names, 0, 8)), count(names) - 8]) if count(names) > 8

# Code that imports packages, and no manifest at all.
warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "missing-manifest"
	violation := {
		"title": "No manifest",
		"msg": sprintf("packages are imported, and no manifest names them: %s", [shown(fact.names)]),
		"location": fact.location,
		"severity": "info",
		"confidence": "medium",
		"content": "missing-manifest",
	}
}
