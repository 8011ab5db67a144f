# METADATA
# scope: package
# title: Environment file is copied into an image
# description: >-
#   `COPY . .` takes the whole build context, and with it `.env` and `.git` unless `.dockerignore` leaves them
#   out. Everybody who can pull the image reads the secrets from its layers, also when a later step deletes the
#   file.
# related_resources:
#   - https://docs.docker.com/build/concepts/context/#dockerignore-files
# custom:
#   id: policy/infrastructure/environment-file-in-image
#   severity: medium
#   cwe: [538, 522]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     list `.env*`, `.git` and local data in `.dockerignore`, and give the secrets to the container when it starts
#   bad: |
#     COPY . .            # .env beside the Dockerfile, no .dockerignore
#   good: |
#     COPY . .            # .dockerignore: **/.env*
package stageclear.infrastructure.environment_file_in_image

import data.stageclear.lib

deny contains violation if {
	some stage in lib.resources_of("image-stage")
	some file in stage.facts["environment-in-context"]
	violation := {
		"msg": sprintf("the build context with `%s` is copied into the %s", [file.value, part(stage)]),
		"location": file.location,
		"severity": weight(stage),
		"confidence": "medium",
		"content": file.value,
	}
}

deny contains violation if {
	some stage in lib.resources_of("image-stage")
	some file in stage.facts["copies-environment"]
	violation := {
		"msg": sprintf("`%s` is copied into the %s", [file.value, part(stage)]),
		"location": file.location,
		"severity": weight(stage),
		"confidence": "high",
		"content": file.value,
	}
}

# No such file lies there now; the next developer's machine has one.
warn contains violation if {
	some stage in lib.resources_of("image-stage")
	stage.facts.final
	not stage.facts["environment-in-context"]
	some copied in stage.facts["copies-context"]
	stage.facts["no-ignore-file"]
	violation := {
		"title": "Whole build context is copied without .dockerignore",
		"msg": "`.env` and `.git` of whoever builds the image get into it, since no `.dockerignore` leaves them out",
		"location": copied.location,
		"severity": "low",
		"confidence": "medium",
		"content": "no .dockerignore",
	}
}

warn contains violation if {
	some stage in lib.resources_of("image-stage")
	stage.facts.final
	some copied in stage.facts["environment-not-ignored"]
	violation := {
		"title": "Build context is copied and .dockerignore does not leave out .env",
		"msg": "the `.env` of whoever builds the image gets into it",
		"location": copied.location,
		"severity": "low",
		"confidence": "medium",
		"content": "not ignored",
	}
}

weight(stage) := "medium" if stage.facts.final

weight(stage) := "low" if not stage.facts.final

part(stage) := "image" if stage.facts.final

part(stage) := "build stage" if not stage.facts.final
