# METADATA
# scope: package
# title: Directory listing
# description: >-
#   A listing shows every file of a folder to every visitor, also those that nothing links to: backups, exports,
#   uploads of others.
# custom:
#   id: policy/infrastructure/directory-listing
#   severity: low
#   cwe: [548]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-4.3.2, v5.0.0-13.4.3]
#   remedy: >-
#     turn it off, or put the folder behind a login
#   bad: |
#     autoindex on;
#   good: |
#     autoindex off;
package stageclear.infrastructure.directory_listing

import data.stageclear.lib

warn contains violation if {
	some kind in ["web-location", "web-server"]
	some place in lib.resources_of(kind)
	some listing in place.facts.autoindex
	listing.value == true
	not place.facts.guard
	violation := {
		"msg": "visitors see the names of all files",
		"location": listing.location,
		"content": place.name,
	}
}
