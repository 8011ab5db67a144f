# METADATA
# scope: package
# title: Data store is published
# description: >-
#   A port that Compose publishes without an address is open on all interfaces, past the host's firewall: Docker
#   writes its own rules in front of it. Services of one project reach each other without any published port.
# custom:
#   id: policy/infrastructure/published-data-store
#   severity: medium
#   cwe: [668, 1327]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-1.14.1]
#   remedy: >-
#     remove `ports` (services reach each other by name), or publish on `127.0.0.1` only
#   bad: |
#     ports: ["5432:5432"]
#   good: |
#     ports: ["127.0.0.1:5432:5432"]
package stageclear.infrastructure.published_data_store

import data.stageclear.lib

# Ports of data stores, queues and control interfaces, and what listens there.
stores := {
	"5432": "PostgreSQL", "3306": "MySQL", "6379": "Redis", "27017": "MongoDB", "9200": "Elasticsearch",
	"9300": "Elasticsearch", "5672": "RabbitMQ", "15672": "RabbitMQ's console", "11211": "Memcached", "8123": "ClickHouse",
	"1433": "SQL Server", "1521": "Oracle", "5984": "CouchDB", "7687": "Neo4j", "8086": "InfluxDB", "9042": "Cassandra",
	"2379": "etcd", "9092": "Kafka", "2181": "ZooKeeper", "6333": "Qdrant", "19530": "Milvus", "8529": "ArangoDB",
	"26257": "CockroachDB", "4222": "NATS", "1883": "the MQTT broker",
}

controls := {"2375": "the Docker daemon", "2376": "the Docker daemon", "10250": "the kubelet", "8001": "the Kubernetes API"}

open(port) if {
	not port.value.local
	port.value.published != ""
}

# Only a target is published on a port that is chosen at random.
open(port) if {
	not port.value.local
	port.value.published == ""
	port.value.target != ""
}

deny contains violation if {
	some service in lib.resources_of("service")
	some port in service.facts.port
	open(port)
	what := stores[port.value.target]
	violation := {
		"title": sprintf("%s is published on all interfaces", [what]),
		"msg": sprintf("port %s of the service `%s` is open to everybody who reaches the host", [port.value.target, service.name]),
		"location": port.location,
		"severity": severity(service),
		"confidence": confidence(service),
		"content": sprintf("%s %s", [service.name, port.value.target]),
	}
}

deny contains violation if {
	some service in lib.resources_of("service")
	some port in service.facts.port
	open(port)
	what := controls[port.value.target]
	violation := {
		"title": sprintf("%s is published on all interfaces", [what]),
		"msg": sprintf("whoever reaches port %s of `%s` runs what they like on the host", [port.value.target, service.name]),
		"location": port.location,
		"severity": "high",
		"confidence": "medium",
		"content": sprintf("%s %s", [service.name, port.value.target]),
	}
}

# Another file beside it says what production is.
severity(service) := "low" if service.facts["other-for-production"]

severity(service) := "medium" if not service.facts["other-for-production"]

# A file that mounts its source or starts development servers is made for developers, who ship it often enough.
confidence(service) := "low" if service.facts.development

confidence(service) := "medium" if not service.facts.development
