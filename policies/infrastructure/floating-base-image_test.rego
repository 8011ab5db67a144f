package stageclear.infrastructure.floating_base_image_test

import data.stageclear.infrastructure.floating_base_image

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

base(image, tag, stage) := {"image": image, "tag": tag, "pinned": false, "stage": stage, "known": true}

test_floating_is_told if {
	count(floating_base_image.warn) == 1 with input as facts([resource("image-stage", {"base": [base("node", null, false)]})])
	count(floating_base_image.warn) == 1 with input as facts([resource("image-stage", {"base": [base("node", "latest", false)]})])
}

test_images_that_are_run_are_told if {
	count(floating_base_image.warn) == 2 with input as facts([
		resource("service", {"image": ["mongo"]}),
		resource("container", {"image": ["web:latest"]}),
		resource("service", {"image": ["own"], "build": [true]}),
		resource("service", {"image": ["registry.example:5000/web:1.2"]}),
	])
}

test_versions_and_stages_pass if {
	count(floating_base_image.warn) == 0 with input as facts([
		resource("image-stage", {"base": [base("node", "22-alpine", false)]}),
		resource("image-stage", {"base": [base("builder", null, true)]}),
		resource("image-stage", {"base": [base("scratch", null, false)]}),
		resource("image-stage", {"base": [object.union(base("node", null, false), {"pinned": true})]}),
	])
}
