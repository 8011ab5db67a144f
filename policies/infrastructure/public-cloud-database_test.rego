package stageclear.infrastructure.public_cloud_database_test

import data.stageclear.infrastructure.public_cloud_database
import data.stageclear.helpers.cloud_sample as sample

test_public_addresses_are_told if {
	count(public_cloud_database.deny) == 2 with input as sample.facts([
		sample.resource("aws_db_instance", {"publicly_accessible": [true]}),
		sample.resource("AWS::RDS::DBInstance", {"publicly_accessible": ["true"]}),
	])
}

test_open_networks_are_told if {
	count(public_cloud_database.deny) == 2 with input as sample.facts([
		sample.resource("google_sql_database_instance", {"settings.ip_configuration.authorized_networks.value": ["0.0.0.0/0"]}),
		sample.resource("azurerm_postgresql_firewall_rule", {"start_ip_address": ["0.0.0.0"], "end_ip_address": ["255.255.255.255"]}),
	])
}

test_private_ones_pass if {
	count(public_cloud_database.deny) == 0 with input as sample.facts([
		sample.resource("aws_db_instance", {"publicly_accessible": [false]}),
		sample.resource("aws_db_instance", {"publicly_accessible": [null]}),
		sample.resource("google_sql_database_instance", {"settings.ip_configuration.authorized_networks.value": ["10.0.0.0/8"]}),
	])
}
