# METADATA
# scope: package
# title: Alias serves files outside its folder
# description: >-
#   A `location` without a final slash and an `alias` with one let `/static../secret` become a path above the
#   folder: nginx puts what follows the location's text behind the alias.
# custom:
#   id: policy/infrastructure/alias-traversal
#   severity: high
#   cwe: [22]
#   owasp: ["A01:2021", "A05:2021"]
#   asvs: [v4.0.3-14.1.3, v5.0.0-13.4.7]
#   remedy: >-
#     end both with a slash: `location /static/ { alias /srv/static/; }`
#   bad: |
#     location /static { alias /srv/app/static/; }
#   good: |
#     location /static/ { alias /srv/app/static/; }
package stageclear.infrastructure.alias_traversal

import data.stageclear.lib

deny contains violation if {
	some place in lib.resources_of("web-location")
	some path in place.facts.path
	path.value.modifier in {"", "^~"}
	not endswith(path.value.path, "/")
	some alias in place.facts.alias
	endswith(alias.value, "/")
	violation := {
		"msg": sprintf("`%s../` reaches the folder above `%s`", [path.value.path, alias.value]),
		"location": alias.location,
		"content": path.value.path,
	}
}
