package stageclear.endpoints.unchecked_file_upload_test

import data.stageclear.endpoints.unchecked_file_upload

at(line) := {"path": "app.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

route(path, guards) := {
	"framework": "flask", "methods": ["POST"], "path": path, "handler": "f", "location": at(3), "context": "production",
	"middleware": [], "guards": [{"kind": kind, "name": kind, "location": at(2)} | some kind in guards],
	"trusts": [{"kind": "any-file", "field": "file", "location": at(9)}],
}

test_files_of_any_kind_are_denied_once if {
	found := unchecked_file_upload.deny with input as {"endpoints": [route("/a", ["authentication"]), route("/b", [])]}
	{violation.severity | some violation in found} == {"medium"}
	count(found) == 1
}

test_those_of_administrators_are_low if {
	found := unchecked_file_upload.deny with input as {"endpoints": [route("/a", ["authorization"])]}
	{violation.severity | some violation in found} == {"low"}
}

test_other_facts_pass if {
	count(unchecked_file_upload.deny) == 0 with input as {"endpoints": [object.union(route("/a", []), {"trusts": []})]}
}
