# METADATA
# scope: package
# title: Files of any kind are stored
# description: >-
#   Whoever uploads decides what a file is. A page or a drawing with a script, stored and served from the application's own
#   address, runs with the rights of whoever opens it; a program reaches whoever downloads it.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
# custom:
#   id: policy/endpoints/unchecked-file-upload
#   severity: medium
#   cwe: [434]
#   owasp: ["A04:2021", "A06:2025"]
#   asvs: [v4.0.3-12.2.1, v5.0.0-5.2.2]
#   remedy: >-
#     accept a short list of types, told by the first bytes and by the ending, and store under a name and an ending of your own
#   bad: |
#     file = request.files["file"]
#     file.save(os.path.join(UPLOADS, uuid4().hex + os.path.splitext(file.filename)[1]))
#   good: |
#     if imghdr.what(file) not in {"png", "jpeg"}: abort(422)
#     file.save(os.path.join(UPLOADS, uuid4().hex + ".png"))
package stageclear.endpoints.unchecked_file_upload

import data.stageclear.lib

# One place may serve several routes: it is told once.
routes := lib.grouped({[place, [lib.label(endpoint), trusted.location, graded(endpoint)]] |
	some endpoint in lib.production_endpoints
	some trusted in object.get(endpoint, "trusts", [])
	trusted.kind == "any-file"
	place := sprintf("%s:%d", [trusted.location.path, trusted.location.line])
})

# What administrators upload they could write otherwise.
graded(endpoint) := "low" if lib.guarded_by(endpoint, {"authorization"})

graded(endpoint) := "medium" if not lib.guarded_by(endpoint, {"authorization"})

deny contains violation if {
	some _, found in routes
	grades := {entry[2] | some entry in found}
	[label, location, _] := sort(found)[0]
	violation := {
		"title": sprintf("%s stores files of any kind", [label]),
		"msg": sprintf("`%s` stores a file of its caller, and nothing looks at its type, its ending or what it holds", [label]),
		"location": location,
		"severity": max(grades),
		"confidence": "medium",
		"content": label,
	}
}
