# METADATA
# scope: package
# title: Whoever calls says who they are
# description: >-
#   A server that reads the caller's identity or role from a header such as `X-User-Id` lets everybody be anybody: a header
#   is written by whoever sends the request. Only a gateway that removes it from what comes from outside may set it.
# related_resources:
#   - https://cwe.mitre.org/data/definitions/290.html
# custom:
#   id: policy/endpoints/identity-header
#   severity: high
#   cwe: [290, 287]
#   owasp: ["A07:2021", "API2:2023"]
#   asvs: [v5.0.0-6.8.2]
#   remedy: >-
#     take the identity from a token or session that the server verifies, and ignore the header
#   bad: |
#     const userId = req.headers["x-user-id"];
#     res.json(await Note.find({ userId }));
#   good: |
#     const { sub } = jwt.verify(bearer(req), process.env.JWT_SECRET);
#     res.json(await Note.find({ userId: sub }));
package stageclear.endpoints.identity_header

import data.stageclear.lib

# A file is told once.
read := lib.grouped({[disclosure.location.path, [disclosure.location.line, disclosure.location.column, disclosure.location]] |
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "identity-header"
	lib.in_production(disclosure)
})

deny contains violation if {
	some path, found in read
	places := sort(found)
	violation := {
		"title": "Whoever calls says who they are",
		"msg": "a header tells who is calling, and whoever sends the request writes it: verify a token or session instead",
		"location": places[0][2],
		"severity": "high",
		"confidence": "medium",
		"content": path,
		"related": [{"location": place[2], "message": "here, too"} | some place in array.slice(places, 1, 21)],
	}
}
