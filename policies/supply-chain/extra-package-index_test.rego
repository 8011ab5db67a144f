package stageclear.supply_chain.extra_package_index_test

import data.stageclear.supply_chain.extra_package_index

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_told if {
	count(extra_package_index.warn) == 1 with input as facts([resource("package-source", {"extra-index": [{"plain": false}]})])
	count(extra_package_index.warn) == 1 with input as facts([resource("image-stage", {"habit": [{"habit": "extra-index", "text": "--extra-index-url https://a.example"}]})])
}

test_known_indexes_pass if {
	count(extra_package_index.warn) == 0 with input as facts([resource("image-stage", {"habit": [{"habit": "extra-index", "text": "--extra-index-url https://download.pytorch.org/whl/cpu"}]})])
}
