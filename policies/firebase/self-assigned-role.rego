# METADATA
# scope: package
# title: Users may write their own role
# description: >-
#   The rules look up a role in a document that its user may write. One write makes anyone an administrator.
# custom:
#   id: policy/firebase/self-assigned-role
#   severity: high
#   cwe: [269, 915]
#   owasp: ["A01:2021"]
#   asvs: [v4.0.3-4.1.2, v5.0.0-8.2.3]
#   remedy: >-
#     keep roles in custom claims, or forbid the change of the field in the rule
#   bad: |
#     match /users/{id} { allow write: if request.auth.uid == id; } // elsewhere: get(...).data.role
#   good: |
#     allow update: if request.auth.uid == id && request.resource.data.role == resource.data.role;
package stageclear.firebase.self_assigned_role

import data.stageclear.helpers.firebase

fields(pair) := [field |
	some lookup in pair.file.lookups
	parts := split(lookup, ".")
	count(parts) == 2
	parts[0] == pair.rule.collections[count(pair.rule.collections) - 1]
	field := parts[1]
	regex.match(`(?i)(role|admin|permission|staff|moderator|tier|plan|premium|owner)`, field)
	not field in pair.rule.fields
]

# Whoever names the lookup in its own condition is not the user but an administrator.
own(rule) if {
	rule.reach == "caller"
	not contains(rule.condition, "get(")
	not regex.match(`(?i)(admin|staff|moderator)`, rule.condition)
}

changing(rule) if {
	some method in rule.methods
	method in {"create", "update"}
}

deny contains violation if {
	some pair in firebase.rules
	changing(pair.rule)
	own(pair.rule)
	not "*" in pair.rule.fields
	names := fields(pair)
	count(names) > 0
	violation := {
		"title": sprintf("Users may write `%s` of their own document in %s", [names[0], firebase.label(pair)]),
		"msg": sprintf("other rules decide by `%s`, and this one lets users write it (`%s`)", [names[0], pair.rule.condition]),
		"location": pair.rule.location,
		"confidence": "medium",
		"content": firebase.identity(pair),
	}
}
