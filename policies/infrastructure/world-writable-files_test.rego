package stageclear.infrastructure.world_writable_files_test

import data.stageclear.infrastructure.world_writable_files

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

habit(name, text) := {"habit": name, "text": text}

test_told if {
	count(world_writable_files.warn) == 1 with input as facts([resource("image-stage", {"habit": [habit("world-writable", "chmod 777 /app")]})])
}

test_others_pass if {
	count(world_writable_files.warn) == 0 with input as facts([resource("image-stage", {"habit": [
		habit("tls-off", "curl -k x"),
		habit("world-writable", "chmod 777 /tmp/x"),
	]})])
}
