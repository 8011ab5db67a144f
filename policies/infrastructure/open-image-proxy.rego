# METADATA
# scope: package
# title: Image proxy for every host
# description: >-
#   Next's image optimiser fetches what it is asked for. With `**` as host everybody uses the server to fetch
#   from anywhere, at its owner's expense, also from inside its network.
# custom:
#   id: policy/infrastructure/open-image-proxy
#   severity: medium
#   cwe: [918, 400]
#   owasp: ["A10:2021", "A05:2021"]
#   asvs: [v4.0.3-5.2.6, v4.0.3-12.6.1, v5.0.0-1.3.6, v5.0.0-13.2.5]
#   remedy: >-
#     name the hosts that images come from
#   bad: |
#     images: { remotePatterns: [{ protocol: "https", hostname: "**" }] }
#   good: |
#     images: { remotePatterns: [{ protocol: "https", hostname: "cdn.shop.example" }] }
package stageclear.infrastructure.open_image_proxy

import data.stageclear.lib

deny contains violation if {
	some config in lib.resources_of("build-config")
	some host in config.facts["image-host"]
	violation := {
		"msg": sprintf("the image optimiser fetches from every host (`%s`)", [host.value]),
		"location": host.location,
		"content": "image host",
	}
}

warn contains violation if {
	some config in lib.resources_of("build-config")
	some svg in config.facts.dangerouslyAllowSVG
	violation := {
		"title": "Image proxy serves SVG",
		"msg": "SVG files can hold scripts, which then run on this site unless a content security policy forbids it",
		"location": svg.location,
		"severity": "low",
		"content": "svg",
	}
}
