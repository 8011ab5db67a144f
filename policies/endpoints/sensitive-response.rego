# METADATA
# scope: package
# title: Response holds a secret
# description: >-
#   A password, its hash, a reset token or a one-time code that is sent back reaches browsers, logs and whoever guesses
#   the address; a reset token in the answer lets anybody take over any account.
# related_resources:
#   - https://cwe.mitre.org/data/definitions/200.html
# custom:
#   id: policy/endpoints/sensitive-response
#   severity: high
#   cwe: [200, 201]
#   owasp: ["A01:2021", "API3:2023"]
#   asvs: [v5.0.0-14.2.6, v5.0.0-15.3.1]
#   remedy: >-
#     leave the field out of the answer; send tokens and codes to the account's own address only
#   bad: |
#     res.json({ message: "sent", resetToken: token });
#   good: |
#     await mailer.send(user.email, link(token)); res.json({ message: "sent" });
package stageclear.endpoints.sensitive_response

import data.stageclear.lib

deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "private-field"
	lib.in_production(disclosure)
	violation := {
		"title": "Response holds a secret",
		"msg": "a password, token or key is part of what the client is answered",
		"location": disclosure.location,
		"severity": "high",
		"confidence": "medium",
		"content": disclosure.kind,
		"related": answering(disclosure),
	}
}

answering(disclosure) := [{"location": place, "message": "the handler that answers"} |
	some place in [object.get(disclosure, "handler", null)]
	place != null
]

# A code or link that proves whose a mailbox or telephone is, shown to whoever asked for it.
deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "mailed-proof"
	lib.in_production(disclosure)
	violation := {
		"title": "Response holds the code that was sent",
		"msg": "what is sent to prove whose an address is comes back in the answer: whoever asks needs no mailbox",
		"location": disclosure.location,
		"severity": proof_severity(disclosure),
		"confidence": "medium",
		"content": disclosure.kind,
		"related": answering(disclosure),
	}
}

proof_severity(disclosure) := "high" if disclosure.broad

# Unless the machine calls itself production.
proof_severity(disclosure) := "low" if not disclosure.broad

deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "user-row"
	lib.in_production(disclosure)
	violation := {
		"title": "Response holds a whole row of a user",
		"msg": "a user is answered with every column, the hash of the password too: choose the columns, or leave the password out",
		"location": disclosure.location,
		"severity": "medium",
		"confidence": "medium",
		"content": disclosure.kind,
		"related": answering(disclosure),
	}
}
