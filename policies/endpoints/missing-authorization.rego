# METADATA
# scope: package
# title: Anybody who is logged in may do what administrators do
# description: >-
#   A route for administrators that asks only whether somebody is logged in is open to every user who signs up.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/
# custom:
#   id: policy/endpoints/missing-authorization
#   severity: high
#   cwe: [285, 862]
#   owasp: ["A01:2021", "API5:2023"]
#   asvs: [v4.0.3-4.1.3, v5.0.0-8.2.1]
#   remedy: >-
#     check the caller's role on the server, on this route or on the router that it belongs to
#   bad: |
#     router.delete("/admin/users/:id", requireLogin, removeUser);
#   good: |
#     router.delete("/admin/users/:id", requireLogin, requireRole("admin"), removeUser);
package stageclear.endpoints.missing_authorization

import data.stageclear.lib

for_administrators(endpoint) if lib.is_for(endpoint, `^(admin|administration|superadmin|super-admin|backoffice)$|^admin-`)

# What Django keeps in `admin.py` belongs to its own administration.
for_administrators(endpoint) if {
	not startswith(endpoint.framework, "django")
	kept_for_administrators(endpoint.location.path)
}

kept_for_administrators(path) if regex.match(`(^|/)admin(istration)?\.`, path)

# A whole application that lies in a folder of that name is none for administrators alone.
kept_for_administrators(path) if {
	regex.match(`(^|/)admin(istration)?/`, path)
	apart
}

apart if {
	below := [endpoint | some endpoint in lib.production_endpoints; regex.match(`(^|/)admin(istration)?/`, endpoint.location.path)]
	2 * count(below) <= count(lib.production_endpoints)
}

apart if count(lib.production_endpoints) < 8

open_to_users contains endpoint if {
	some endpoint in lib.production_endpoints
	for_administrators(endpoint)
	# Django's own administration looks after itself.
	not endpoint.handler == "admin.site.urls"
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "ownership"})
	not lib.is_for(endpoint, `^(login|logout|me|profile|session|password|register|signin|sign-in)$`)
	# It is the question itself: whether the caller is an administrator.
	not regex.match(`^(is|has|can)[A-Z_]`, endpoint.handler)
}

# One handler that several routes lead to is one thing to mend.
labels_at := lib.grouped({[site, label] |
	some endpoint in open_to_users
	site := lib.site(endpoint)
	label := lib.label(endpoint)
})

deny contains violation if {
	some endpoint in open_to_users
	lib.label(endpoint) == min(labels_at[lib.site(endpoint)])
	violation := {
		"title": sprintf("Missing authorization on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` is for administrators, and asks only whether somebody is logged in", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": severity(endpoint),
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# What everybody buys or reads: only those who keep it may change it. Where sellers or authors own what they make, who
# made it is noted or asked.
shared(endpoint) if {
	segments := [segment | some segment in split(lower(endpoint.path), "/"); segment != ""; not regex.match(`^[:{<\[]`, segment)]
	count(segments) > 0
	last := segments[count(segments) - 1]
	regex.match(`^(products?|categor(y|ies)|coupons?|discounts?|promotions?|inventory|plans|brands?|menu-?items?|departments?|productos?|produtos?|categorias?|cupones|cupons)$`, last)
}

approves(endpoint) if {
	lib.is_for(endpoint, `^(approve|reject|ban|unban|suspend|promote|demote|verify-user|make-admin)$`)
	lib.does(endpoint, {"write", "delete"})
}

roles_or_sign_up if {
	some endpoint in lib.production_endpoints
	"POST" in endpoint.methods
	lib.is_for(endpoint, `^(register|registration|signup|sign-up|registro|registrar|cadastro|inscription)$`)
	not lib.guarded_by(endpoint, {"authentication", "authorization"})
}

deny contains violation if {
	roles_or_sign_up
	some endpoint in lib.production_endpoints
	keeps(endpoint)
	not for_administrators(endpoint)
	lib.changes_state(endpoint)
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "ownership", "signature"})
	not object.get(endpoint, "notes_owner", false)
	lib.does(endpoint, {"write", "delete"})
	violation := {
		"title": sprintf("Missing authorization on %s", [lib.label(endpoint)]),
		"msg": sprintf("everybody may sign up, and `%s` asks only whether somebody is logged in: every user changes what all others see", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# All people with their addresses, for anyone who registers: where the application tells administrators from others, only
# those should read them.
lists_people(endpoint) if {
	"GET" in endpoint.methods
	regex.match(`(^|/)(users|usuarios|usuários|utilisateurs|accounts)/?$`, lower(endpoint.path))
	some effect in lib.effects_of(endpoint, {"read"})
	not effect.chosen_by
	effect.of in {"user", "account", "member"}
}

asks_for_rights if {
	some endpoint in lib.production_endpoints
	lib.guarded_by(endpoint, {"authorization"})
}

deny contains violation if {
	roles_or_sign_up
	asks_for_rights
	some endpoint in lib.production_endpoints
	lists_people(endpoint)
	not for_administrators(endpoint)
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "ownership", "signature"})
	violation := {
		"title": sprintf("Missing authorization on %s", [lib.label(endpoint)]),
		"msg": sprintf("everybody may sign up, and `%s` shows all users to whoever is logged in", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

keeps(endpoint) if {
	shared(endpoint)
	not endpoint.location.path in owned_files
}

# Files whose routes note or ask whose a thing is: what is kept there belongs to its users.
owned_files contains endpoint.location.path if {
	some endpoint in lib.production_endpoints
	object.get(endpoint, "notes_owner", false)
}

owned_files contains endpoint.location.path if {
	some endpoint in lib.production_endpoints
	lib.guarded_by(endpoint, {"ownership"})
}

keeps(endpoint) if approves(endpoint)

severity(endpoint) := "high" if changes(endpoint)

severity(endpoint) := "medium" if {
	not changes(endpoint)
	not for_the_only_ones(endpoint)
}

severity(endpoint) := "low" if {
	not changes(endpoint)
	for_the_only_ones(endpoint)
}

# A page that only reads, of an application whose users have no ranks: those who have an account keep it.
for_the_only_ones(endpoint) if {
	not ranks
	not lib.changes_state(endpoint)
	not lib.does(endpoint, {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write", "password", "upload"})
}

changes(endpoint) if {
	lib.changes_state(endpoint)
	not shows_page(endpoint)
	acts(endpoint)
	not lib.unread_guard(endpoint)
	lib.reads_rights
	ranks
}

# Where nobody can sign up and no route asks for a right, whoever is logged in may be an administrator.
ranks if roles_or_sign_up

ranks if {
	some endpoint in lib.production_endpoints
	lib.guarded_by(endpoint, {"authorization"})
}

# By its method alone a `POST` may well only read, and so may what answers every method.
acts(endpoint) if not endpoint.methods in [["POST"], ["ANY"]]

acts(endpoint) if lib.does(endpoint, {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write", "password", "upload"})

# A view that takes every method because it says nothing of methods, and does nothing that is seen, shows a page.
shows_page(endpoint) if {
	endpoint.methods == ["ANY"]
	startswith(endpoint.framework, "django")
	not lib.does(endpoint, {"write", "delete", "payment", "mail", "message", "llm", "command", "file-write", "login", "password", "upload"})
}

# Pages of administrators that leave the asking to their layout.
deny contains violation if {
	some disclosure in object.get(input, "disclosures", [])
	disclosure.kind == "layout-only"
	lib.in_production(disclosure)
	violation := {
		"title": "Only the layout guards this page",
		"msg": "the page reads data and leaves it to the layout to ask for a role; a layout is not asked again between pages, so ask in the page or where the data are read",
		"location": disclosure.location,
		"severity": "medium",
		"confidence": "medium",
		"content": disclosure.kind,
	}
}

# Settings of the whole application, which hold for everybody.
deny contains violation if {
	some endpoint in lib.production_endpoints
	lib.is_for(endpoint, `^(configuracao|configuracoes|configuracion|configuraciones|configuration|configurations|(site|system|app|global|platform)-?(settings|config))$`)
	not for_administrators(endpoint)
	lib.does(endpoint, {"write", "delete"})
	lib.changes_state(endpoint)
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "ownership", "signature"})
	not object.get(endpoint, "notes_owner", false)
	violation := {
		"title": sprintf("Missing authorization on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` changes settings that hold for everybody, and asks only whether somebody is logged in", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "medium",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# Whoever may make roles and give rights to them may do everything.
deny contains violation if {
	some endpoint in lib.production_endpoints
	keeps_rights(endpoint)
	not for_administrators(endpoint)
	lib.changes_state(endpoint)
	lib.does(endpoint, {"write", "delete"})
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "ownership", "signature"})
	not object.get(endpoint, "notes_owner", false)
	violation := {
		"title": sprintf("Missing authorization on %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` changes what users may do, and asks only whether somebody is logged in", [lib.label(endpoint)]),
		"location": lib.site(endpoint),
		"severity": "high",
		"confidence": "medium",
		"content": lib.label(endpoint),
	}
}

# `/roles`, `/roles/{id}/permissions`, `/users/{id}/role`: what the path speaks of first or last.
keeps_rights(endpoint) if {
	some segment in plain_segments(endpoint.path)
	segment in {"roles", "permissions", "user-roles", "role-permissions", "user-permissions"}
}

keeps_rights(endpoint) if {
	segments := plain_segments(endpoint.path)
	count(segments) > 1
	segments[count(segments) - 1] in {"role", "set-role", "change-role", "update-role", "assign-role", "make-admin"}
	some segment in segments
	segment in {"users", "user", "members", "accounts", "employees"}
}

plain_segments(path) := [segment |
	some segment in split(replace(lower(path), "_", "-"), "/")
	segment != ""
	not regex.match(`^[:{<\[]`, segment)
]
