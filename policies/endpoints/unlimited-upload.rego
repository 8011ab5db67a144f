# METADATA
# scope: package
# title: Upload without a limit
# description: >-
#   Files of any size and kind fill the disk, keep workers busy, and are served back as whatever they pretend to be.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/File_Upload_Cheat_Sheet.html
# custom:
#   id: policy/endpoints/unlimited-upload
#   severity: low
#   cwe: [400, 434]
#   owasp: ["A04:2021", "API4:2023"]
#   asvs: [v4.0.3-12.1.1, v5.0.0-5.2.1]
#   remedy: >-
#     limit the size (`MAX_CONTENT_LENGTH`, `limits.fileSize`, reading up to a bound) and check the content's kind
#   bad: |
#     @app.post("/upload")
#     async def upload(file: UploadFile): data = await file.read()
#   good: |
#     @app.post("/upload")
#     async def upload(file: UploadFile):
#         data = await file.read(MAX + 1)
#         if len(data) > MAX: raise HTTPException(413)
package stageclear.endpoints.unlimited_upload

import data.stageclear.lib

deny contains violation if {
	some endpoint in lib.production_endpoints
	effects := lib.effects_of(endpoint, {"upload"})
	count(effects) > 0
	not lib.guarded_by(endpoint, {"body-limit", "validation"})
	violation := {
		"title": sprintf("Upload without a limit: %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` takes files, and nothing shows a limit of their size", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "low",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}
