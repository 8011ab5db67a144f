# METADATA
# scope: package
# title: Any host name is accepted
# description: >-
#   Django builds links, such as those in password reset mails, from the Host header. If any host is accepted an
#   attacker can make these links point to a machine of theirs.
# related_resources:
#   - https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts
# custom:
#   id: policy/settings/wildcard-allowed-hosts
#   severity: medium
#   cwe: [20, 644]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-14.1.3]
#   remedy: >-
#     list the host names that the site is served under
#   bad: |
#     ALLOWED_HOSTS = ["*"]
#   good: |
#     ALLOWED_HOSTS = ["shop.example"]
package stageclear.settings.wildcard_allowed_hosts

import data.stageclear.lib

keys := {"ALLOWED_HOSTS", "DJANGO_ALLOWED_HOSTS", "trusted_hosts.allowed_hosts"}

deny contains violation if {
	some setting in lib.effective_settings
	setting.key in keys
	lib.could_hold(setting, "*")
	violation := {
		"title": sprintf("%s=['*'] in production", [setting.key]),
		"msg": sprintf("`%s` accepts every host name%s", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}
