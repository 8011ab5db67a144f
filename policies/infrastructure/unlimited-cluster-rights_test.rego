package stageclear.infrastructure.unlimited_cluster_rights_test

import data.stageclear.infrastructure.unlimited_cluster_rights

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(unlimited_cluster_rights.deny) == 3 with input as facts([resource("cluster-role", {
		"everything": ["ClusterRole"], "cluster-admin": [true], "anonymous": ["system:anonymous"],
	})])
}

test_others_pass if {
	count(unlimited_cluster_rights.deny) == 0 with input as facts([resource("cluster-role", {})])
}
