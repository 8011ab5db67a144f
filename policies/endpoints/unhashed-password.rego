# METADATA
# scope: package
# title: Changed password is stored as it is
# description: >-
#   `ModelSerializer` writes a changed `password` into the row as it was sent. Whoever reads the table has the password,
#   and the account can no longer log in.
# related_resources:
#   - https://www.django-rest-framework.org/api-guide/serializers/
# custom:
#   id: policy/endpoints/unhashed-password
#   severity: medium
#   cwe: [256]
#   owasp: ["A02:2021"]
#   asvs: [V2.4.1]
#   remedy: >-
#     override `update` and call `set_password`, or leave the password out of this serializer
#   bad: |
#     class UserSerializer(ModelSerializer):
#         class Meta: model = User; fields = ["email", "password"]
#   good: |
#     class UserSerializer(ModelSerializer):
#         class Meta: model = User; fields = ["email", "password"]
#         def update(self, user, data):
#             user.set_password(data.pop("password", None)); return super().update(user, data)
package stageclear.endpoints.unhashed_password

import data.stageclear.lib

serializers[place] contains [lib.label(endpoint), trusted.location] if {
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "plain-password"
	place := sprintf("%s:%d", [trusted.location.path, trusted.location.line])
}

deny contains violation if {
	some _, found in serializers
	first := sort(found)[0]
	violation := {
		"title": "A changed password is stored as it is",
		"msg": sprintf("`%s` writes the password into the row without hashing it", [first[0]]),
		"location": first[1],
		"severity": "medium",
		"confidence": "medium",
		"content": first[0],
	}
}
