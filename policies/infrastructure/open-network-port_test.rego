package stageclear.infrastructure.open_network_port_test

import data.stageclear.infrastructure.open_network_port
import data.stageclear.helpers.cloud_sample as sample

open(from, to) := {"from": from, "to": to, "protocol": "tcp", "source": "0.0.0.0/0"}

test_stores_and_shells_are_told if {
	count(open_network_port.deny) == 2 with input as sample.facts([
		sample.resource("aws_security_group", {"open-port": [open(5432, 5432), open(22, 22)]}),
	])
}

test_everything_is_told_once if {
	count(open_network_port.deny) == 1 with input as sample.facts([
		sample.resource("aws_security_group", {"open-port": [open(0, 65535)]}),
	])
}

test_ranges_are_told if {
	count(open_network_port.deny) == 1 with input as sample.facts([
		sample.resource("google_compute_firewall", {"open-port": [open(1024, 65535)]}),
	])
}

test_web_ports_pass if {
	count(open_network_port.deny) == 0 with input as sample.facts([
		sample.resource("aws_security_group", {"open-port": [open(443, 443), open(80, 80), open(8080, 8080)]}),
		sample.resource("aws_security_group", {"open-port": [{"from": 22, "to": 22, "protocol": "icmp", "source": "*"}]}),
	])
}
