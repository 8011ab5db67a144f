# METADATA
# scope: package
# title: Machine takes passwords
# description: >-
#   A machine that takes passwords over the network is tried with lists of them all day long.
# custom:
#   id: policy/infrastructure/password-login-to-machine
#   severity: medium
#   cwe: [521, 307]
#   owasp: ["A07:2021"]
#   asvs: [v4.0.3-4.3.1, v5.0.0-8.4.2]
#   remedy: >-
#     use keys only: `disable_password_authentication = true` and `admin_ssh_key`
#   bad: |
#     disable_password_authentication = false
#     admin_password                  = var.admin_password
#   good: |
#     admin_ssh_key {
#       username   = "app"
#       public_key = file("id.pub")
#     }
package stageclear.infrastructure.password_login_to_machine

import data.stageclear.helpers.cloud

deny contains violation if {
	some resource in cloud.resources
	some key in {"disable_password_authentication", "os_profile_linux_config.disable_password_authentication"}
	some fact in cloud.off(resource, key)
	violation := {
		"msg": sprintf("`%s` takes passwords over the network", [resource.name]),
		"location": fact.location,
		"confidence": "high",
		"content": resource.name,
	}
}
