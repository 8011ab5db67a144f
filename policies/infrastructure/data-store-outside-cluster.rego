# METADATA
# scope: package
# title: Data store is reachable from outside the cluster
# description: >-
#   A service of type `LoadBalancer` or `NodePort` opens its port to the network outside the cluster, as a rule
#   to the internet.
# custom:
#   id: policy/infrastructure/data-store-outside-cluster
#   severity: medium
#   cwe: [668]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-1.14.1]
#   remedy: >-
#     use `ClusterIP`, or `loadBalancerSourceRanges` with the addresses that need it
#   bad: |
#     type: LoadBalancer
#     ports: [{port: 5432}]
#   good: |
#     type: ClusterIP
#     ports: [{port: 5432}]
package stageclear.infrastructure.data_store_outside_cluster

import data.stageclear.lib

stores := {"5432", "3306", "6379", "27017", "9200", "5672", "11211", "8123", "1433", "9042", "2379", "9092", "6333", "7687"}

deny contains violation if {
	some service in lib.resources_of("cluster-service")
	some reach in service.facts.reach
	not service.facts.restricted
	some port in service.facts.port
	port.value in stores
	violation := {
		"msg": sprintf("`%s` opens port %s as `%s`", [service.name, port.value, reach.value]),
		"location": reach.location,
		"severity": weight(reach.value),
		"content": service.name,
	}
}

weight("LoadBalancer") := "high"

weight("NodePort") := "medium"
