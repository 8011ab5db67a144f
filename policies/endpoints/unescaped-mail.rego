# METADATA
# scope: package
# title: Text of a stranger in the HTML of a mail
# description: >-
#   A name or message that somebody wrote stands unescaped in the HTML of a mail. It can add links and pictures, or look
#   like a word from the sender: good bait for those who read the mail, the owner of the shop first of all.
# related_resources:
#   - https://cwe.mitre.org/data/definitions/79.html
# custom:
#   id: policy/endpoints/unescaped-mail
#   severity: medium
#   cwe: [79, 116]
#   owasp: ["A03:2021"]
#   asvs: [v4.0.3-5.3.1, v5.0.0-1.2.1]
#   remedy: >-
#     escape every value that is put into HTML, or send the mail as text
#   bad: |
#     html: `<p>${req.body.message}</p>`
#   good: |
#     html: `<p>${escapeHtml(req.body.message)}</p>`
package stageclear.endpoints.unescaped_mail

import data.stageclear.lib

# One place serves several routes: it is told once, as bad as the worst of them.
places := lib.grouped({[place, [severity(endpoint), lib.label(endpoint), trusted]] |
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "mail-html"
	place := sprintf("%s:%d:%s", [trusted.location.path, trusted.location.line, trusted.field])
})

deny contains violation if {
	some _, found in places
	[_, label, trusted] := sort(found)[0]
	violation := {
		"title": sprintf("`%s` stands unescaped in the HTML of a mail", [trusted.field]),
		"msg": sprintf("`%s` sends a mail whose HTML holds `%s` as somebody wrote it", [label, trusted.field]),
		"location": trusted.location,
		"severity": worst(found),
		"confidence": "medium",
		"content": trusted.field,
	}
}

worst(found) := "medium" if is_medium(found)

worst(found) := "low" if not is_medium(found)

is_medium(found) if {
	some one in found
	one[0] == "medium"
}

# Who is signed in writes to few, and is known.
severity(endpoint) := "low" if lib.guarded_by(endpoint, {"authentication", "authorization"})

severity(endpoint) := "medium" if not lib.guarded_by(endpoint, {"authentication", "authorization"})
