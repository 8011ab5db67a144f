# METADATA
# scope: package
# title: Password in plain text
# description: >-
#   A password that is stored or compared as it is can be read by everyone who gets at the table, its backups or its logs.
# custom:
#   id: policy/database/plain-text-password
#   severity: high
#   cwe: [256, 522]
#   owasp: ["A02:2021"]
#   asvs: [v4.0.3-2.4.1, v5.0.0-11.4.2]
#   remedy: >-
#     store a hash (crypt with gen_salt('bf'), or let Supabase Auth keep passwords)
#   bad: |
#     INSERT INTO admins (name, password) VALUES ('admin', 'sunflower9');
#   good: |
#     INSERT INTO admins (name, password) VALUES ('admin', crypt(:password, gen_salt('bf')));
package stageclear.database.plain_text_password

import data.stageclear.helpers.database

deny contains violation if {
	some facts in object.get(input, "databases", [])
	some seeded in facts.seeded_passwords
	not object.get(seeded, "hashed", false)
	violation := {
		"title": sprintf("Password in plain text in `%s`", [seeded.table]),
		"msg": sprintf("a row with a readable `%s` is inserted into `%s`", [seeded.column, seeded.table]),
		"location": seeded.location,
		"severity": "medium",
		"confidence": "medium",
		"content": sprintf("%s %s", [seeded.table, seeded.column]),
	}
}

deny contains violation if {
	some facts in object.get(input, "databases", [])
	some function in facts.functions
	function.plain_password
	violation := {
		"title": sprintf("Function `%s` compares passwords in plain text", [database.label(function)]),
		"msg": sprintf("`%s` compares a password column with what it is given", [database.label(function)]),
		"location": function.location,
		"severity": "high",
		"confidence": "medium",
		"content": database.label(function),
	}
}

deny contains violation if {
	some facts in object.get(input, "databases", [])
	some table in facts.tables
	some column in table.columns
	regex.match(`^(plain_?password|password_?plain(text)?|raw_password|temp_password|temporary_password)$`, lower(column.name))
	violation := {
		"title": sprintf("Column `%s` for plain passwords in `%s`", [column.name, database.label(table)]),
		"msg": sprintf("`%s` keeps a password as it is", [column.name]),
		"location": table.location,
		"severity": "medium",
		"confidence": "medium",
		"content": sprintf("%s %s", [database.label(table), column.name]),
	}
}
