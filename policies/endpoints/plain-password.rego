# METADATA
# scope: package
# title: Password is kept as it was typed
# description: >-
#   Whoever reads the table once, by a backup, an injection or as an employee, has every password, and with it the other
#   accounts of these people. What is compared letter by letter was not hashed either, and a serializer writes what it is
#   sent.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
# custom:
#   id: policy/endpoints/plain-password
#   severity: high
#   cwe: [256, 257, 522]
#   owasp: ["A02:2021", "A07:2021"]
#   asvs: [v4.0.3-2.4.1, v5.0.0-11.4.2]
#   remedy: >-
#     store `argon2`, `scrypt` or `bcrypt` of it, and compare with the library's function
#   bad: |
#     if (user.password !== req.body.password) return res.status(401).end()
#   good: |
#     if (!(await bcrypt.compare(req.body.password, user.passwordHash))) return res.status(401).end()
package stageclear.endpoints.plain_password

import data.stageclear.lib

# One place may serve several routes: it is told once.
routes := lib.grouped({[place, [lib.label(endpoint), trusted.location]] |
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "plain-password"
	place := sprintf("%s:%d", [trusted.location.path, trusted.location.line])
})

deny contains violation if {
	some _, found in routes
	[label, location] := sort(found)[0]
	violation := {
		"title": sprintf("%s takes passwords as they are typed", [label]),
		"msg": sprintf("`%s` keeps a password, or compares one, without hashing it", [label]),
		"location": location,
		"severity": "high",
		"confidence": "medium",
		"content": label,
	}
}
