package stageclear.infrastructure.data_store_outside_cluster_test

import data.stageclear.infrastructure.data_store_outside_cluster

at(line) := {"path": "file", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := {
	"kind": kind, "name": "thing", "location": at(1), "context": "production",
	"facts": {key: [fact(value) | some value in values] | some key, values in facts},
}

facts(resources) := {"resources": resources}

test_denied if {
	count(data_store_outside_cluster.deny) == 1 with input as facts([resource("cluster-service", {"reach": ["LoadBalancer"], "port": ["5432"]})])
}

test_others_pass if {
	count(data_store_outside_cluster.deny) == 0 with input as facts([
		resource("cluster-service", {"reach": ["LoadBalancer"], "port": ["443"]}),
		resource("cluster-service", {"reach": ["LoadBalancer"], "port": ["5432"], "restricted": [true]}),
	])
}
