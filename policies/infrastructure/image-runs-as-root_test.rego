package stageclear.infrastructure.image_runs_as_root_test

import data.stageclear.infrastructure.image_runs_as_root

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

base(image) := {"image": image, "tag": "3", "pinned": false, "stage": false, "known": true}

stage(facts) := resource("image-stage", object.union({"final": [true], "start": ["run"], "base": [base("python")]}, facts))

test_no_user_and_root_are_told if {
	count(image_runs_as_root.warn) == 1 with input as facts([stage({})])
	count(image_runs_as_root.warn) == 1 with input as facts([stage({"user": ["root"]})])
}

test_users_pass if {
	count(image_runs_as_root.warn) == 0 with input as facts([stage({"user": ["app"]})])
	count(image_runs_as_root.warn) == 0 with input as facts([stage({"user": ["1000"]})])
	count(image_runs_as_root.warn) == 0 with input as facts([stage({"base": [base("nginx")]})])
	count(image_runs_as_root.warn) == 0 with input as facts([stage({"drops-privileges": [true]})])
}

test_other_stages_pass if {
	count(image_runs_as_root.warn) == 0 with input as facts([resource("image-stage", {"base": [base("node")], "start": ["run"]})])
}
