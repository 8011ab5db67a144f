# METADATA
# scope: package
# title: Secret in an image
# description: >-
#   What `ENV` and `ARG` set stays in the image's history and configuration: `docker history` shows it to
#   everybody who can pull the image.
# custom:
#   id: policy/infrastructure/secret-in-image
#   severity: medium
#   cwe: [798, 522]
#   owasp: ["A02:2021", "A05:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     give secrets to the container when it starts, and to build steps by `RUN --mount=type=secret`
#   bad: |
#     ENV SECRET_KEY=f3a91c...
#   good: |
#     RUN --mount=type=secret,id=npmrc npm ci
package stageclear.infrastructure.secret_in_image

import data.stageclear.lib

# Names that bundlers write into the client on purpose; what must not be there is judged where it is used.
for_browsers := ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "PUBLIC_", "NUXT_PUBLIC_", "EXPO_PUBLIC_", "GATSBY_"]

told(stage, fact) if {
	fact.value.secret
	not fact.value.placeholder
	not public(fact.value.name)
	not lib.is_secret_told(fact.location)
	stage.context == "production"
}

public(name) if {
	some start in for_browsers
	startswith(name, start)
}

deny contains violation if {
	some stage in lib.resources_of("image-stage")
	some key in ["variable", "argument"]
	some fact in stage.facts[key]
	told(stage, fact)
	violation := {
		"title": sprintf("Secret in an image: %s", [fact.value.name]),
		"msg": sprintf("`%s` is set to a value that stays readable in the image", [fact.value.name]),
		"location": fact.location,
		"severity": severity(stage, key, fact),
		"confidence": confidence(fact),
		"content": fact.value.name,
	}
}

# A weak value in the last stage is what runs unless somebody sets another; elsewhere it only lets a build step start.
severity(stage, key, _) := "medium" if {
	stage.facts.final
	key == "variable"
}

severity(stage, key, fact) := "medium" if {
	not lasting(stage, key)
	not fact.value.weak
}

severity(stage, key, fact) := "low" if {
	not lasting(stage, key)
	fact.value.weak
}

lasting(stage, key) if {
	stage.facts.final
	key == "variable"
}

confidence(fact) := "medium" if not fact.value.weak

confidence(fact) := "low" if fact.value.weak

# `ARG DB_PASSWORD` and `ENV DB_PASSWORD=$DB_PASSWORD`: what the build is given stays in the image that runs.
handed_on(stage) := [variable |
	some variable in stage.facts.variable
	regex.match(`(?i)(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|SECRET_?KEY|ACCESS_?KEY)$`, variable.value.name)
	not public(variable.value.name)
	not regex.match(`(?i)publishable|anon_|public`, variable.value.name)
	variable.value.value in {"", sprintf("$%s", [variable.value.name]), sprintf("${%s}", [variable.value.name])}
	some argument in stage.facts.argument
	argument.value.name == variable.value.name
]

deny contains violation if {
	some stage in lib.resources_of("image-stage")
	stage.context == "production"
	stage.facts.final
	found := handed_on(stage)
	count(found) > 0
	violation := {
		"title": "Build arguments with secrets stay in the image",
		"msg": sprintf("`%s` is copied from a build argument: whoever has the image reads it", [found[0].value.name]),
		"location": found[0].location,
		"severity": "medium",
		"confidence": "medium",
		"content": concat(" ", sort({variable.value.name | some variable in found})),
		"related": [{"location": one.location, "message": sprintf("`%s` too", [one.value.name])} | some one in array.slice(found, 1, 20)],
	}
}
