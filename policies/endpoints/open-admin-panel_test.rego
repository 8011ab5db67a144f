package stageclear.endpoints.open_admin_panel_test

import data.stageclear.endpoints.open_admin_panel

at(line) := {"path": "admin.py", "line": line, "column": 1, "end_line": line, "end_column": 9}

facts(kind, context) := {"disclosures": [{"kind": kind, "location": at(3), "broad": true, "context": context}]}

test_denied if {
	count(open_admin_panel.deny) == 1 with input as facts("open-panel", "production")
}

test_others_pass if {
	count(open_admin_panel.deny) == 0 with input as facts("open-panel", "test")
	count(open_admin_panel.deny) == 0 with input as facts("exception-text", "production")
}
