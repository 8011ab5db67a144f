# METADATA
# scope: package
# title: Any password is accepted
# description: >-
#   Where nothing looks at a new password, people choose `123456`, and lists of such passwords open their accounts.
# related_resources:
#   - https://pages.nist.gov/800-63-4/sp800-63b.html
# custom:
#   id: policy/endpoints/any-password
#   severity: medium
#   cwe: [521]
#   owasp: ["A07:2021"]
#   asvs: [v4.0.3-2.1.1, v5.0.0-6.2.1]
#   remedy: >-
#     ask for at least eight characters (twelve without a second factor) and refuse common passwords
#   bad: |
#     user.password_hash = generate_password_hash(data["password"])
#   good: |
#     if len(data["password"]) < 12: return jsonify(error="the password is too short"), 400
#     user.password_hash = generate_password_hash(data["password"])
package stageclear.endpoints.any_password

import data.stageclear.lib

deny contains violation if {
	some endpoint in lib.production_endpoints
	object.get(endpoint, "any_password", false)
	lib.changes_state(endpoint)
	unread(endpoint)
	lib.is_for(endpoint, `^(register|registration|signup|sign-up|create-account|create-user|reset|reset-password|password-reset|change-password|password|set-password|users?|accounts?)$|register|signup|password`)
	not lib.is_for(endpoint, `^(login|signin|sign-in|log-in|(forgot|request|send|recover)-?(password|reset)\w*(-link|-email)?|password-reset-request|forgotpassword|request-?reset)$`)
	violation := {
		"title": sprintf("Any password is accepted by %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` sets a password, and nothing looks at how long it is", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
		"related": array.concat(
			[{"location": effect.location, "message": "the password is set here"} | some effect in lib.effects_of(endpoint, {"password"})],
			[{"location": place, "message": "the handler"} | some place in [endpoint.handler_location]; place != lib.site(endpoint)],
		),
	}
}

unread(endpoint) if {
	not lib.guarded_by(endpoint, {"validation"})
	not model_asks(endpoint)
}

# The model's own rule holds where the model hashes, not where the handler has hashed before.
model_asks(endpoint) if {
	count(lib.effects_of(endpoint, {"password"})) == 0
	rules_exist
}

# A schema looks at what is sent, and no schema of the server says anything of passwords.
unread(endpoint) if {
	lib.guarded_by(endpoint, {"validation"})
	not rules_exist
}

rules_exist if {
	some setting in lib.production_settings
	setting.key in {"password.min_length", "password.rule", "AUTH_PASSWORD_VALIDATORS"}
	not of_page(setting.location.path)
}

# Forms of pages ask politely; the server has to ask, too.
of_page(path) if regex.match(`\.(tsx|jsx|vue|svelte)$|(^|/)(frontend|client|components|pages|views|screens)/`, path)
