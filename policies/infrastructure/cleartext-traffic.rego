# METADATA
# scope: package
# title: App allows unencrypted traffic
# description: >-
#   Whoever is in the same network reads and changes what the app sends and receives, tokens included.
# custom:
#   id: policy/infrastructure/cleartext-traffic
#   severity: medium
#   cwe: [319]
#   owasp: ["A02:2021"]
#   asvs: [v4.0.3-9.1.1, v5.0.0-12.3.1]
#   remedy: >-
#     use https and remove the exception; name single hosts where there is no other way
#   bad: |
#     <application android:usesCleartextTraffic="true">
#   good: |
#     <application android:usesCleartextTraffic="false">
package stageclear.infrastructure.cleartext_traffic

import data.stageclear.lib

deny contains violation if {
	some kind in ["app-manifest", "build-config"]
	some app in lib.resources_of(kind)
	some key in ["cleartext", "allowMixedContent"]
	some switch in app.facts[key]
	violation := {
		"msg": sprintf("`%s` is on", [shown(key, switch.value)]),
		"location": switch.location,
		"content": shown(key, switch.value),
	}
}

deny contains violation if {
	some app in lib.resources_of("app-manifest")
	some url in app.facts["plain-url"]
	not regex.match(`//(?:localhost|127\.|10\.|192\.168\.)`, url.value)
	violation := {
		"msg": sprintf("the app loads itself from `%s`", [url.value]),
		"location": url.location,
		"severity": "high",
		"content": "server.url",
	}
}

shown(key, value) := key if not is_string(value)

shown(_, value) := value if is_string(value)
