# METADATA
# scope: package
# title: Base image without a version
# description: >-
#   An image without a tag, or with `latest`, is another one at each build: a build that worked may break, and
#   nobody can tell which flaws the running one has.
# custom:
#   id: policy/infrastructure/floating-base-image
#   severity: low
#   cwe: [1357]
#   owasp: ["A06:2021", "A08:2021"]
#   asvs: [v4.0.3-14.1.1]
#   remedy: >-
#     name a version, better with its digest: `node:22.11-alpine@sha256:…`
#   bad: |
#     FROM node
#   good: |
#     FROM node:22-alpine
package stageclear.infrastructure.floating_base_image

import data.stageclear.lib

floating(value) if not is_string(value.tag)

floating(value) if {
	is_string(value.tag)
	lower(value.tag) in {"latest", "edge", "nightly"}
}

warn contains violation if {
	some stage in lib.resources_of("image-stage")
	some base in stage.facts.base
	base.value.known
	not base.value.pinned
	not base.value.stage
	not base.value.image in {"scratch", ""}
	floating(base.value)
	violation := {
		"msg": sprintf("`%s` names no version", [base.value.image]),
		"location": base.location,
		"content": base.value.image,
	}
}

# Images that are only run, not built here.
warn contains violation if {
	some kind in ["service", "container"]
	some item in lib.resources_of(kind)
	not item.facts.build
	some image in item.facts.image
	not regex.match(`@sha256:|\$|:[^/:]*$`, image.value)
	violation := {
		"title": "Image without a version",
		"msg": sprintf("`%s` names no version", [image.value]),
		"location": image.location,
		"severity": "info",
		"content": image.value,
	}
}

warn contains violation if {
	some kind in ["service", "container"]
	some item in lib.resources_of(kind)
	not item.facts.build
	some image in item.facts.image
	endswith(image.value, ":latest")
	violation := {
		"title": "Image without a version",
		"msg": sprintf("`%s` is another image after each release", [image.value]),
		"location": image.location,
		"severity": "info",
		"content": image.value,
	}
}
