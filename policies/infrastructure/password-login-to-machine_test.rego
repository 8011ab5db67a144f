package stageclear.infrastructure.password_login_to_machine_test

import data.stageclear.infrastructure.password_login_to_machine
import data.stageclear.helpers.cloud_sample as sample

test_passwords_are_told if {
	count(password_login_to_machine.deny) == 1 with input as sample.facts([
		sample.resource("azurerm_linux_virtual_machine", {"disable_password_authentication": [false]}),
	])
}

test_keys_pass if {
	count(password_login_to_machine.deny) == 0 with input as sample.facts([
		sample.resource("azurerm_linux_virtual_machine", {"disable_password_authentication": [true]}),
		sample.resource("azurerm_linux_virtual_machine", {}),
	])
}
