# METADATA
# scope: package
# title: Debug server open to the network
# description: >-
#   The interactive debugger runs any Python code that is typed into the error page. Bound to all interfaces
#   everybody in the network can reach it.
# related_resources:
#   - https://werkzeug.palletsprojects.com/en/stable/debug/
# custom:
#   id: policy/settings/debug-server-exposed
#   severity: high
#   cwe: [489, 94, 605]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-14.3.2, v5.0.0-13.4.2]
#   remedy: >-
#     serve with gunicorn, uvicorn or waitress, and keep `debug=True` to `127.0.0.1`
#   bad: |
#     app.run(host="0.0.0.0", debug=True)
#   good: |
#     app.run(host="127.0.0.1", debug=True)
package stageclear.settings.debug_server_exposed

import data.stageclear.lib

# Files that start a server with the debugger.
debugging := {setting.location.path |
	some setting in lib.effective_settings
	setting.key in {"app.run.debug", "app.run.use_debugger", "app.debug"}
	lib.could_be_true(setting)
}

deny contains violation if {
	some setting in lib.effective_settings
	setting.key == "app.run.host"
	some host in ["0.0.0.0", "::", ""]
	lib.could_be(setting, host)
	setting.location.path in debugging
	violation := {
		"title": "Debug server listens on all interfaces",
		"msg": sprintf("the debugger runs code for everybody who can reach the host%s", [lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}
