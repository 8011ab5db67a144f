# METADATA
# scope: package
# title: Build ignores errors of types or lints
# description: >-
#   A build that ignores the type checker and the linter ships code whose mistakes were already found.
# custom:
#   id: policy/infrastructure/ignored-build-errors
#   severity: info
#   cwe: [710]
#   owasp: ["A04:2021"]
#   remedy: >-
#     let the build fail: remove `ignoreBuildErrors` and `ignoreDuringBuilds`
#   bad: |
#     typescript: { ignoreBuildErrors: true }
#   good: |
#     typescript: {}
package stageclear.infrastructure.ignored_build_errors

import data.stageclear.lib

warn contains violation if {
	some config in lib.resources_of("build-config")
	some key in ["ignoreBuildErrors", "ignoreDuringBuilds"]
	some ignored in config.facts[key]
	violation := {
		"msg": sprintf("`%s` is on", [key]),
		"location": ignored.location,
		"content": key,
	}
}
