# METADATA
# scope: package
# title: Page has native rights
# description: >-
#   A script that gets into the page of a desktop app, by a flaw or from a remote site, has the rights that the
#   shell gives to the page: files, processes, the whole interface.
# custom:
#   id: policy/infrastructure/native-access-from-page
#   severity: high
#   cwe: [749, 1021]
#   owasp: ["A05:2021"]
#   remedy: >-
#     allow single commands and folders, set a content security policy, and no remote domains
#   bad: |
#     "allowlist": { "all": true }
#   good: |
#     "allowlist": { "dialog": { "open": true } }
package stageclear.infrastructure.native_access_from_page

import data.stageclear.lib

deny contains violation if {
	some app in lib.resources_of("app-manifest")
	some access in app.facts["native-access"]
	violation := {
		"msg": sprintf("`%s` gives the page every native interface", [access.value]),
		"location": access.location,
		"content": access.value,
	}
}

deny contains violation if {
	some app in lib.resources_of("app-manifest")
	some access in app.facts["remote-access"]
	violation := {
		"title": "Remote pages have native rights",
		"msg": "pages from other hosts may call the app's native interface",
		"location": access.location,
		"content": "remote",
	}
}

warn contains violation if {
	some app in lib.resources_of("app-manifest")
	some scope in app.facts["file-scope"]
	violation := {
		"title": "Page may read all files",
		"msg": sprintf("the scope `%s` covers everything the user can read", [scope.value]),
		"location": scope.location,
		"severity": "medium",
		"content": "scope",
	}
}

warn contains violation if {
	some app in lib.resources_of("app-manifest")
	some policy in app.facts["no-csp"]
	violation := {
		"title": "Desktop app without a content security policy",
		"msg": "injected scripts run with the page's native rights",
		"location": policy.location,
		"severity": "low",
		"content": "csp",
	}
}

warn contains violation if {
	some app in lib.resources_of("app-manifest")
	some switch in app.facts.debuggable
	violation := {
		"title": "Release build can be debugged",
		"msg": sprintf("`%s` lets whoever holds the device read the app's memory and data", [switch.value]),
		"location": switch.location,
		"severity": "medium",
		"content": switch.value,
	}
}
