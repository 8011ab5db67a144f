# METADATA
# scope: package
# title: Certificates are not checked
# description: >-
#   Without a check of the certificate anybody on the way can hand out other packages, files or answers, and the
#   program runs them.
# custom:
#   id: policy/supply-chain/unverified-download
#   severity: medium
#   cwe: [295, 494]
#   owasp: ["A02:2021", "A08:2021"]
#   asvs: [v4.0.3-9.2.1, v5.0.0-12.3.2]
#   remedy: >-
#     remove the switch, and add the missing certificate authority to the trusted ones instead
#   bad: |
#     RUN pip install --trusted-host pypi.example -r requirements.txt
#   good: |
#     RUN pip install -r requirements.txt
package stageclear.supply_chain.unverified_download

import data.stageclear.lib

deny contains violation if {
	some kind in ["image-stage", "workflow-step", "service", "package-script"]
	some item in lib.resources_of(kind)
	some habit in item.facts.habit
	habit.value.habit == "tls-off"
	violation := {
		"msg": sprintf("`%s`", [habit.value.text]),
		"location": habit.location,
		"severity": weight(kind),
		"confidence": "medium",
		"content": habit.value.text,
	}
}

deny contains violation if {
	some source in lib.resources_of("package-source")
	some switch in source.facts.unverified
	violation := {
		"msg": sprintf("`%s` lets packages come from whoever is on the way", [switch.value]),
		"location": switch.location,
		"content": switch.value,
	}
}

deny contains violation if {
	some source in lib.resources_of("package-source")
	some plain in source.facts.plain
	violation := {
		"title": "Packages are fetched over plain http",
		"msg": sprintf("`%s` names an http address", [plain.value]),
		"location": plain.location,
		"content": plain.value,
	}
}

warn contains violation if {
	some server in lib.resources_of("web-server")
	some switch in server.facts["proxy-unverified"]
	violation := {
		"title": "Proxy does not check its upstream's certificate",
		"msg": "anybody between the proxy and its upstream reads and changes the traffic",
		"location": switch.location,
		"severity": "low",
		"content": "proxy",
	}
}

# A script of a package or a check of a service may call its own machine under another name.
weight(kind) := "medium" if kind in {"image-stage", "workflow-step"}

weight(kind) := "low" if not kind in {"image-stage", "workflow-step"}
