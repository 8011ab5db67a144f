# METADATA
# scope: package
# title: Script from the network is run unseen
# description: >-
#   A script that is piped into a shell runs whatever the server sends that day, and half of it if the line
#   breaks. Over plain http everybody on the way writes it.
# custom:
#   id: policy/supply-chain/fetch-and-run
#   severity: low
#   cwe: [494, 829]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-10.3.2]
#   remedy: >-
#     install a package, or download a named version and compare its checksum before running it
#   bad: |
#     RUN curl -sSL https://get.example/install.sh | sh
#   good: |
#     RUN curl -sSLo i.sh https://get.example/1.2/install.sh && echo "<sha256>  i.sh" | sha256sum -c && sh i.sh
package stageclear.supply_chain.fetch_and_run

import data.stageclear.lib

kinds := ["image-stage", "workflow-step", "service", "package-script"]

warn contains violation if {
	some kind in kinds
	some item in lib.resources_of(kind)
	some habit in item.facts.habit
	habit.value.habit == "fetch-and-run"
	not item.facts["on-install"] # told by `install-script-calls-network`
	violation := {
		"msg": sprintf("`%s`", [habit.value.text]),
		"location": habit.location,
		"severity": "low",
		"content": habit.value.text,
	}
}

deny contains violation if {
	some kind in kinds
	some item in lib.resources_of(kind)
	some habit in item.facts.habit
	habit.value.habit == "fetch-and-run-plain"
	violation := {
		"title": "Script is fetched over plain http and run",
		"msg": sprintf("`%s`", [habit.value.text]),
		"location": habit.location,
		"severity": "high",
		"content": habit.value.text,
	}
}

# The content of what `ADD` fetches is checked by nobody.
warn contains violation if {
	some stage in lib.resources_of("image-stage")
	some remote in stage.facts.remote
	not remote.value.checked
	violation := {
		"title": "File from the network is added unseen",
		"msg": sprintf("`%s` is added without a checksum", [remote.value.url]),
		"location": remote.location,
		"severity": weight(remote.value.url),
		"content": remote.value.url,
	}
}

weight(url) := "medium" if startswith(url, "http://")

weight(url) := "low" if not startswith(url, "http://")
