# METADATA
# scope: package
# title: Packages from several indexes
# description: >-
#   pip takes the highest version that any of its indexes offers. Whoever registers the name of an internal
#   package at the public one, with a higher version, is installed instead.
# custom:
#   id: policy/supply-chain/extra-package-index
#   severity: low
#   cwe: [427, 1357]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.4, v5.0.0-15.2.4]
#   remedy: >-
#     use `--index-url` with an index that mirrors the public one, or pin every package with its hash
#   bad: |
#     --extra-index-url https://pypi.corp.example/simple
#   good: |
#     --index-url https://pypi.corp.example/simple
package stageclear.supply_chain.extra_package_index

import data.stageclear.lib

# Indexes of well-known projects that hold builds of public packages under their own names.
known := ["download.pytorch.org", "pypi.nvidia.com", "data.pyg.org", "piwheels.org", "abetlen.github.io", "storage.googleapis.com/jax", "wheels.vllm.ai"]

is_known(text) if {
	some host in known
	contains(text, host)
}

warn contains violation if {
	some source in lib.resources_of("package-source")
	some extra in source.facts["extra-index"]
	violation := {
		"msg": "an additional index may be outbid by the public one",
		"location": extra.location,
		"severity": weight(extra.value.plain),
		"confidence": "medium",
		"content": "extra-index-url",
	}
}

warn contains violation if {
	some kind in ["image-stage", "workflow-step", "package-script"]
	some item in lib.resources_of(kind)
	some habit in item.facts.habit
	startswith(habit.value.habit, "extra-index")
	not is_known(habit.value.text)
	violation := {
		"msg": "an additional index may be outbid by the public one",
		"location": habit.location,
		"severity": weight(habit.value.habit == "extra-index-plain"),
		"confidence": "medium",
		"content": habit.value.text,
	}
}

weight(plain) := "medium" if plain

weight(plain) := "low" if not plain
