package stageclear.infrastructure.environment_file_in_image_test

import data.stageclear.infrastructure.environment_file_in_image

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_copied_environment_file_is_denied if {
	found := environment_file_in_image.deny with input as facts([resource("image-stage", {
		"final": [true], "copies-context": [true], "environment-in-context": [".env"],
	})])
	{violation.severity | some violation in found} == {"medium"}
	count(environment_file_in_image.deny) == 1 with input as facts([resource("image-stage", {"final": [true], "copies-environment": [".env"]})])
}

test_missing_ignore_file_is_low if {
	found := environment_file_in_image.warn with input as facts([resource("image-stage", {
		"final": [true], "copies-context": [true], "no-ignore-file": [true],
	})])
	{violation.severity | some violation in found} == {"low"}
}

test_ignored_file_passes if {
	compliant := facts([resource("image-stage", {"final": [true], "copies-context": [true], "ignore-file": [".dockerignore"]})])
	count(environment_file_in_image.deny) == 0 with input as compliant
	count(environment_file_in_image.warn) == 0 with input as compliant
}
