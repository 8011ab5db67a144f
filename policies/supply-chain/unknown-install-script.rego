# METADATA
# scope: package
# title: Little-known package runs a script when it is installed
# description: >-
#   Install scripts run with the rights of whoever installs, on developers' machines and in CI, before any of the code is used.
#   That is how most malicious packages work. Well-known packages that build native code are left out.
# custom:
#   id: policy/supply-chain/unknown-install-script
#   severity: info
#   cwe: [829, 506]
#   owasp: ["A08:2021"]
#   remedy: >-
#     look at what the script does; install with `--ignore-scripts` and allow the few that need one (`pnpm.onlyBuiltDependencies`, `trustedDependencies`)
#   bad: |
#     "node_modules/some-helper": { "version": "1.0.0", "hasInstallScript": true }
#   good: |
#     "node_modules/esbuild": { "version": "0.25.0", "hasInstallScript": true }
package stageclear.supply_chain.unknown_install_script

import data.stageclear.lib

warn contains violation if {
	some fact in lib.dependencies
	fact.kind == "install-script"
	not fact.known
	violation := {
		"msg": sprintf("runs a script when it is installed: %s", [concat(", ", array.slice(fact.names, 0, 8))]),
		"location": fact.location,
		"severity": "info",
		"confidence": "medium",
		"content": "install-script",
	}
}
