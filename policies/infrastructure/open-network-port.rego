# METADATA
# scope: package
# title: Port is open to the internet
# description: >-
#   A firewall that lets every address reach the port of a console, a shell or a data store leaves only
#   passwords and patches between it and everybody. Such ports are found and tried within minutes.
# custom:
#   id: policy/infrastructure/open-network-port
#   severity: high
#   cwe: [284, 668]
#   owasp: ["A05:2021", "A01:2021"]
#   asvs: [v4.0.3-1.14.1]
#   remedy: >-
#     name the addresses or the security group that need it; reach machines through a bastion, a VPN or the
#     provider's session manager
#   bad: |
#     ingress {
#       from_port   = 5432
#       to_port     = 5432
#       cidr_blocks = ["0.0.0.0/0"]
#     }
#   good: |
#     ingress {
#       from_port       = 5432
#       to_port         = 5432
#       security_groups = [aws_security_group.app.id]
#     }
package stageclear.infrastructure.open_network_port

import data.stageclear.helpers.cloud

stores := {
	5432: "PostgreSQL", 3306: "MySQL", 6379: "Redis", 27017: "MongoDB", 9200: "Elasticsearch", 9300: "Elasticsearch",
	5672: "RabbitMQ", 15672: "RabbitMQ's console", 11211: "Memcached", 8123: "ClickHouse", 1433: "SQL Server", 1521: "Oracle",
	5984: "CouchDB", 7687: "Neo4j", 8086: "InfluxDB", 9042: "Cassandra", 9092: "Kafka", 2181: "ZooKeeper", 6333: "Qdrant",
	5439: "Redshift", 2379: "etcd", 8529: "ArangoDB", 26257: "CockroachDB",
}

controls := {
	3389: "remote desktop", 5985: "WinRM", 5986: "WinRM", 23: "Telnet", 445: "SMB", 135: "RPC", 2375: "the Docker daemon",
	2376: "the Docker daemon", 10250: "the kubelet", 6443: "the Kubernetes API", 5900: "VNC", 21: "FTP",
}

shells := {22: "SSH"}

# Rules for protocols that have ports.
opens(resource) := [fact |
	some fact in object.get(resource.facts, "open-port", [])
	fact.value.protocol in {"tcp", "6", "all", "", "tcp_udp"}
]

within(port, fact) if {
	port >= fact.value.from
	port <= fact.value.to
}

everything(fact) if {
	fact.value.from <= 1
	fact.value.to >= 65535
}

# range(fact): whether it is wider than a service needs, so that what it holds by chance is not named.
wide(fact) if fact.value.to - fact.value.from > 5000

deny contains violation if {
	some resource in cloud.resources
	some fact in opens(resource)
	everything(fact)
	violation := {
		"title": "Every port is open to the internet",
		"msg": sprintf("`%s` lets %s reach every port", [resource.name, fact.value.source]),
		"location": fact.location,
		"severity": "high",
		"confidence": "high",
		"content": sprintf("%s all", [resource.name]),
	}
}

deny contains violation if {
	some resource in cloud.resources
	some fact in opens(resource)
	not everything(fact)
	[names, severity] := told(fact)
	violation := {
		"title": sprintf("%s is open to the internet", [names]),
		"msg": sprintf("`%s` lets %s reach port %s", [resource.name, fact.value.source, ports(fact)]),
		"location": fact.location,
		"severity": severity,
		"confidence": "high",
		"content": sprintf("%s %s", [resource.name, ports(fact)]),
	}
}

told(fact) := [sprintf("A range of %d ports", [1 + fact.value.to - fact.value.from]), "medium"] if {
	wide(fact)
} else := [concat(", ", sort(names)), "high"] if {
	names := {name | some port, name in object.union(stores, controls); within(port, fact)}
	count(names) > 0
} else := ["SSH", "medium"] if {
	some port, _ in shells
	within(port, fact)
}

ports(fact) := sprintf("%d", [fact.value.from]) if fact.value.from == fact.value.to

ports(fact) := sprintf("%d to %d", [fact.value.from, fact.value.to]) if fact.value.from != fact.value.to
