# METADATA
# scope: package
# title: Script of another host without integrity
# description: >-
#   A page runs what another host sends with the rights of the site. Without `integrity` a host that is taken
#   over, as has happened, changes every page that loads from it.
# custom:
#   id: policy/supply-chain/unpinned-remote-script
#   severity: low
#   cwe: [353, 829]
#   owasp: ["A08:2021"]
#   asvs: [v4.0.3-14.2.3, v5.0.0-3.6.1]
#   remedy: >-
#     add `integrity` and `crossorigin` with a fixed version, or serve the file yourself
#   bad: |
#     <script src="https://cdn.example/lib@3.1.0/lib.js"></script>
#   good: |
#     <script src="https://cdn.example/lib@3.1.0/lib.js" integrity="sha384-…" crossorigin="anonymous"></script>
package stageclear.supply_chain.unpinned_remote_script

import data.stageclear.lib

# Taken over, and used to send other scripts.
taken := {"polyfill.io", "cdn.polyfill.io", "bootcdn.net", "cdn.bootcss.com", "bootcss.com", "staticfile.net", "cdn.staticfile.net", "staticfile.org", "cdn.staticfile.org", "unionadjs.com", "polyfill.com", "polyfillcache.com"}

# What changes with every release of a service cannot be pinned.
changing := `(?:^|\.)(?:googletagmanager\.com|google-analytics\.com|google\.com|gstatic\.com|recaptcha\.net|maps\.googleapis\.com|stripe\.com|paypal\.com|braintreegateway\.com|cloudflare\.com|cloudflareinsights\.com|hcaptcha\.com|facebook\.net|hotjar\.com|plausible\.io|umami\.is|posthog\.com|segment\.com|intercom\.io|crisp\.chat|sentry-cdn\.com|clarity\.ms|doubleclick\.net|googlesyndication\.com|twitter\.com|x\.com|youtube\.com|vimeo\.com|calendly\.com|razorpay\.com|paddle\.com|clerk\.com|auth0\.com|vercel-scripts\.com|githubusercontent\.com|telegram\.org)$`

loadable(script) if regex.match(`^cdnjs\.cloudflare\.com$`, script.value.host)

loadable(script) if not regex.match(changing, script.value.host)

deny contains violation if {
	some page in lib.resources_of("remote-script")
	some script in page.facts.script
	script.value.host in taken
	violation := {
		"title": "Script of a host that was taken over",
		"msg": sprintf("`%s` has sent malicious scripts", [script.value.host]),
		"location": script.location,
		"severity": "high",
		"content": script.value.url,
	}
}

deny contains violation if {
	some page in lib.resources_of("remote-script")
	some script in page.facts.script
	script.value.plain
	not script.value.host in taken
	not script.value.integrity
	violation := {
		"title": "Script is loaded over plain http",
		"msg": sprintf("anybody on the way may change `%s`", [script.value.url]),
		"location": script.location,
		"severity": "medium",
		"content": script.value.url,
	}
}

warn contains violation if {
	some page in lib.resources_of("remote-script")
	some script in page.facts.script
	not script.value.integrity
	not script.value.plain
	not script.value.host in taken
	loadable(script)
	violation := {
		"msg": sprintf("`%s` is loaded without `integrity`", [script.value.url]),
		"location": script.location,
		"severity": "low",
		"content": script.value.url,
	}
}
