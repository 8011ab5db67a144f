package stageclear.infrastructure.secret_in_image_test

import data.stageclear.infrastructure.secret_in_image

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

variable(name, secret, weak) := {"name": name, "value": "…", "secret": secret, "weak": weak, "placeholder": false}

test_secrets_are_denied if {
	found := secret_in_image.deny with input as facts([resource("image-stage", {
		"final": [true], "variable": [variable("SECRET_KEY", true, false)], "argument": [variable("NPM_TOKEN", true, true)],
	})])
	{violation.severity | some violation in found} == {"medium", "low"}
}

test_other_variables_pass if {
	count(secret_in_image.deny) == 0 with input as facts([resource("image-stage", {
		"final": [true],
		"variable": [variable("NODE_ENV", false, false), variable("VITE_API_KEY", true, false)],
	})])
}

test_told_once if {
	finding := {"rule": "secret/hard-coded-credential", "location": at(3)}
	count(secret_in_image.deny) == 0 with input as {
		"resources": [resource("image-stage", {"final": [true], "variable": [variable("SECRET_KEY", true, false)]})],
		"findings": [finding],
	}
}

handed(name, value) := {"name": name, "value": value, "secret": false, "weak": false, "placeholder": false}

test_build_arguments_that_stay_are_denied if {
	found := secret_in_image.deny with input as facts([resource("image-stage", {
		"final": [true],
		"variable": [handed("JWT_SECRET", "$JWT_SECRET"), handed("DB_PASSWORD", "$DB_PASSWORD"), handed("PORT", "$PORT")],
		"argument": [handed("JWT_SECRET", ""), handed("DB_PASSWORD", ""), handed("PORT", "")],
	})])
	count(found) == 1
}

test_arguments_of_the_build_alone_pass if {
	count(secret_in_image.deny) == 0 with input as facts([resource("image-stage", {
		"final": [true],
		"variable": [handed("NEXT_PUBLIC_API_KEY", "$NEXT_PUBLIC_API_KEY"), handed("SESSION_SECRET", "$OTHER")],
		"argument": [handed("NEXT_PUBLIC_API_KEY", ""), handed("NPM_TOKEN", "")],
	})])
}
