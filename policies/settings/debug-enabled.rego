# METADATA
# scope: package
# title: Debug mode in production
# description: >-
#   Debug mode shows stack traces, settings and source code to every visitor, and the debuggers of Flask and
#   Werkzeug let them run code.
# related_resources:
#   - https://docs.djangoproject.com/en/stable/ref/settings/#debug
# custom:
#   id: policy/settings/debug-enabled
#   severity: medium
#   cwe: [489, 215]
#   owasp: ["A05:2021"]
#   asvs: [v4.0.3-14.3.2, v5.0.0-13.4.2]
#   remedy: >-
#     turn debug mode off, and read it from the environment with a default of false: `DEBUG =
#     os.environ.get("DEBUG") == "1"`
#   bad: |
#     DEBUG = True
#   good: |
#     DEBUG = os.environ.get("DEBUG", "") == "1"
package stageclear.settings.debug_enabled

import data.stageclear.lib
import data.stageclear.settings.debug_server_exposed

switches := {"DEBUG", "FLASK_DEBUG", "DJANGO_DEBUG", "APP_DEBUG", "app.debug", "app.run.debug"}

modes := {"FLASK_ENV", "DJANGO_ENV", "NODE_ENV", "APP_ENV"}

name(setting) := setting.key if setting.key in switches

name(setting) := lib.constant(setting) if not setting.key in switches

# Written in code: as it will run.
deny contains violation if {
	some setting in lib.effective_settings
	lib.in_code(setting)
	name(setting) in switches
	lib.could_be_true(setting)
	not exposed(setting)
	not told_there(setting)
	violation := {
		"title": sprintf("%s=True in production", [lib.leaf(setting.key)]),
		"msg": sprintf("`%s` is on%s, so that errors show source code and settings to visitors", [setting.key, lib.unless_set(setting)]),
		"location": setting.location,
		"confidence": lib.sure(setting),
		"content": setting.key,
	}
}

# The field of a settings object is told where it is set.
told_there(setting) if upper(lib.leaf(object.get(setting, "meant", ""))) in switches

# Places of environment files that code is known to read.
told contains [setting.location.path, setting.location.line] if {
	some setting in lib.effective_settings
	lib.in_code(setting)
	setting.because
	name(setting) in switches
	lib.could_be_true(setting)
}

# In an environment file, which may be one of several.
warn contains violation if {
	some setting in lib.effective_settings
	not lib.in_code(setting)
	name(setting) in switches
	lib.could_be_true(setting)
	not [setting.location.path, setting.location.line] in told
	violation := {
		"title": sprintf("%s=%s in production", [name(setting), shown(setting)]),
		"msg": sprintf("`%s` turns debug mode on wherever this file is used", [name(setting)]),
		"location": setting.location,
		"severity": "low",
		"confidence": "medium",
		"content": setting.key,
	}
}

warn contains violation if {
	some setting in lib.effective_settings
	not lib.in_code(setting)
	name(setting) in modes
	some value in lib.possible(setting)
	value in {"development", "dev", "debug"}
	violation := {
		"title": sprintf("%s=%s in production", [name(setting), value]),
		"msg": sprintf("`%s=%s` runs the development mode wherever this file is used", [name(setting), value]),
		"location": setting.location,
		"severity": "low",
		"confidence": "medium",
		"content": setting.key,
	}
}

# A debugger that the network can reach is told by `debug-server-exposed`, and once is enough.
exposed(setting) if {
	setting.key == "app.run.debug"
	some violation in debug_server_exposed.deny
	violation.location.path == setting.location.path
	violation.location.line == setting.location.line
}

shown(setting) := sprintf("%v", [setting.value.value]) if lib.is_written(setting)

shown(setting) := "true" if not lib.is_written(setting)
