# METADATA
# scope: package
# title: Environment file is not ignored by git
# description: >-
#   A `.env` that git does not ignore is in the repository, or will be with the next `git add .`: its secrets
#   then live in every clone and in the history.
# custom:
#   id: policy/infrastructure/committed-environment-file
#   severity: medium
#   cwe: [540, 538]
#   owasp: ["A05:2021", "A07:2021"]
#   asvs: [v4.0.3-2.10.4, v5.0.0-13.3.1]
#   remedy: >-
#     add `.env*` (but not `.env.example`) to `.gitignore`, remove the file with `git rm --cached`, and replace
#     the secrets in it
#   bad: |
#     .env                # not in .gitignore
#   good: |
#     .gitignore: .env*
#     !.env.example
package stageclear.infrastructure.committed_environment_file

import data.stageclear.lib

secrets := {setting.location.path |
	some setting in input.settings
	setting.dialect == "dotenv"
	object.get(setting, "secret", false)
	not object.get(setting, "weak", false)
}

weak := {setting.location.path |
	some setting in input.settings
	setting.dialect == "dotenv"
	object.get(setting, "secret", false)
}

deny contains violation if {
	some file in input.resources
	file.kind == "environment-file"
	file.context in {"production", "development"}
	file.location.path in secrets
	violation := {
		"msg": sprintf("`%s` holds secrets and is not ignored by git", [file.location.path]),
		"location": file.location,
		"severity": severity(file),
		"confidence": "medium",
		"content": file.location.path,
	}
}

warn contains violation if {
	some file in input.resources
	file.kind == "environment-file"
	file.context == "production"
	file.location.path in weak
	not file.location.path in secrets
	violation := {
		"msg": sprintf("`%s` holds placeholders of secrets and is not ignored by git", [file.location.path]),
		"location": file.location,
		"severity": "low",
		"confidence": "medium",
		"content": file.location.path,
	}
}

severity(file) := "medium" if file.context == "production"

severity(file) := "low" if file.context == "development"
