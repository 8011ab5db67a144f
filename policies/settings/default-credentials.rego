# METADATA
# scope: package
# title: User with a written password
# description: >-
#   A user that the program creates with a password from the source is open to everybody who has seen the source, and
#   such users are seldom changed after the first start.
# custom:
#   id: policy/settings/default-credentials
#   severity: high
#   cwe: [1392, 798, 521]
#   owasp: ["A07:2021", "A05:2021"]
#   asvs: [v4.0.3-2.5.4, v5.0.0-6.3.2]
#   remedy: >-
#     read the first password from the environment, or make a random one and print it once
#   bad: |
#     admin = User(name="admin", password_hash=generate_password_hash("admin123"))
#   good: |
#     admin = User(name="admin", password_hash=generate_password_hash(os.environ["ADMIN_PASSWORD"]))
package stageclear.settings.default_credentials

import data.stageclear.lib

# A script that fills a database counts as well: it is how most of these users come into being.
judged(setting) if object.get(setting, "context", "production") in {"production", "development"}

# One finding a file: a list of accounts is one thing to mend.
accounts := lib.grouped({[setting.location.path, [setting.location.line, setting.location.column, setting]] |
	some setting in input.settings
	setting.key == "user.password"
	judged(setting)
})

deny contains violation if {
	some path, found in accounts
	ordered := sort(found)
	first := ordered[0][2]
	violation := {
		"title": "User with a password from the source",
		"msg": sprintf("a user gets a password that is written here%s", [guessable(first)]),
		"location": first.location,
		"severity": severity(first),
		"confidence": "medium",
		"content": "user.password",
		"related": [{"location": other[2].location, "message": "so does another"} |
			some index, other in ordered
			index > 0
			index <= 30
		],
	}
}

deny contains violation if {
	some setting in lib.production_settings
	setting.key == "accepted.password"
	violation := {
		"title": "Password from the source is accepted",
		"msg": sprintf("whoever knows the password that is written here gets in%s", [guessable(setting)]),
		"location": setting.location,
		"confidence": "medium",
		"content": "accepted.password",
	}
}

# The hash of an administrator's password in a script that fills the database: the same account everywhere, and guesses
# are tried against it at leisure.
deny contains violation if {
	some facts in object.get(input, "databases", [])
	some seeded in facts.seeded_passwords
	object.get(seeded, "hashed", false)
	violation := {
		"title": sprintf("Administrator with a password from the source in `%s`", [seeded.table]),
		"msg": sprintf("an administrator is inserted into `%s` with a hash that is the same in every installation", [seeded.table]),
		"location": seeded.location,
		"severity": "medium",
		"confidence": "medium",
		"content": sprintf("%s %s", [seeded.table, seeded.column]),
	}
}

guessable(setting) := ", and easy to guess" if object.get(setting, "weak", false)

guessable(setting) := "" if not object.get(setting, "weak", false)

severity(setting) := "high" if lib.in_production(setting)

severity(setting) := "medium" if not lib.in_production(setting)
