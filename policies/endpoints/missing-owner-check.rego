# METADATA
# scope: package
# title: Object of anybody by its id
# description: >-
#   A route that loads, changes or deletes the object whose id the client sends, without asking whether it belongs to
#   the caller, gives every user the data of every other one. Ids are guessed, or read in other answers.
# related_resources:
#   - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
# custom:
#   id: policy/endpoints/missing-owner-check
#   severity: medium
#   cwe: [639]
#   owasp: ["A01:2021", "API1:2023"]
#   asvs: [v4.0.3-4.2.1, v5.0.0-8.2.2]
#   remedy: >-
#     put the caller into the query (`filter_by(id=id, user_id=current_user.id)`), or compare the owner and answer 404
#   bad: |
#     @app.delete("/notes/<int:id>")
#     @login_required
#     def remove(id):
#         db.session.delete(Note.query.get_or_404(id))
#   good: |
#     @app.delete("/notes/<int:id>")
#     @login_required
#     def remove(id):
#         db.session.delete(Note.query.filter_by(id=id, user_id=current_user.id).first_or_404())
package stageclear.endpoints.missing_owner_check

import data.stageclear.lib

# Frameworks in which a fair part of the routes that could ask whose an object is do ask: the data has owners. Where
# hardly any does, all users share the data. A handler that several routes lead to counts once.
owned := {framework |
	some framework, all in handlers
	asking := count(object.get(asking_handlers, framework, set()))
	asking > 0
	asking * 4 >= count(all)
} | {framework |
	some framework, all in handlers
	some_ask[framework]
}

# Fewer ask, and who made a thing is noted, or everybody may sign up.
some_ask[framework] if {
	some framework, all in handlers
	asking := count(object.get(asking_handlers, framework, set()))
	asking > 1
	asking * 10 >= count(all)
	for_many(framework)
}

for_many(framework) if framework in noted

for_many(_) if signs_up

handlers := lib.grouped({[endpoint.framework, lib.handled(endpoint)] |
	some endpoint in concerned
})

asking_handlers := lib.grouped({[endpoint.framework, lib.handled(endpoint)] |
	some endpoint in concerned
	lib.guarded_by(endpoint, {"ownership"})
})

# Others only note who made an object: then somebody should ask.
noted := {endpoint.framework |
	some endpoint in lib.production_endpoints
	object.get(endpoint, "notes_owner", false)
}

concerned := [endpoint |
	some endpoint in lib.production_endpoints
	lib.guarded_by(endpoint, {"authentication"})
	not lib.guarded_by(endpoint, {"authorization", "signature"})
	not for_staff(endpoint)
	not asks_before(endpoint)
	not lib.is_for(endpoint, `^(cron|crons|jobs?|queues?|tasks?-runner|webhooks?|internal)$`)
	count(chosen(endpoint)) > 0
]

# Something stands before it that is called after whose a thing is: `isReviewAuthor`, `checkOwnership`.
asks_before(endpoint) if {
	some name in object.get(endpoint, "middleware", [])
	regex.match(`(?i)(is|be|check|verify|ensure|require|assert|only|has|by|for)_?\w*(owner|ownership|author|creator)(only|guard|check|middleware)?$`, name)
}

for_staff(endpoint) if lib.is_for(endpoint, `^(admin|public|categories|category|tags?|products?|staff)`)

for_staff(endpoint) if regex.match(`(^|/)(admin|staff|backoffice)[./]`, endpoint.location.path)

chosen(endpoint) := [effect |
	some effect in lib.effects_of(endpoint, {"read", "write", "delete"})
	effect.chosen_by
	not effect.chosen_by in {"email", "username", "slug", "filename", "key"}
	not names_another(endpoint, effect.chosen_by)
]

# A number in the body names whom to pay, or who is to be entered; in the path it names what is asked for.
names_another(endpoint, name) if {
	regex.match(`(?i)(number|accountno|account_no|identification|identificacion|^dni|^cpf|^rut|^ssn|^cedula)$`, name)
	not contains(endpoint.path, name)
}

deny contains violation if {
	some endpoint in concerned
	belongs(endpoint)
	not lib.guarded_by(endpoint, {"ownership"})
	found := chosen(endpoint)
	effect := worst(found)
	violation := {
		"title": sprintf("Nobody asks whose it is: %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` chooses what `%s` works on, and nothing asks whether it belongs to the caller", [effect.chosen_by, effect.name]),
		"location": lib.handled(endpoint),
		"severity": severity(endpoint, effect),
		"confidence": "medium",
		"content": lib.label(endpoint),
		"related": [{"location": effect.location, "message": sprintf("`%s` with the client's `%s`", [effect.name, effect.chosen_by])}],
	}
}

# A payment, a card or a subscription that the client names: a payment service knows no owners but the account itself.
deny contains violation if {
	some endpoint in lib.production_endpoints
	lib.asks_who(endpoint)
	not lib.guarded_by(endpoint, {"authorization", "signature", "ownership"})
	some effect in lib.effects_of(endpoint, {"payment"})
	effect.chosen_by
	regex.match(`(?i)(refunds?\.create|Refund\.create|\.refund|\.(detach|cancel|del|delete|capture|update|modify))$`, effect.name)
	not regex.match(`(?i)customers?\.`, effect.name)
	violation := {
		"title": sprintf("Nobody asks whose payment it is: %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` chooses what `%s` works on, and nothing asks whether the caller paid it: look it up among what you stored for the caller", [effect.chosen_by, effect.name]),
		"location": effect.location,
		"severity": "medium",
		"confidence": "medium",
		"content": sprintf("%s %s", [lib.label(endpoint), effect.name]),
	}
}

# Frameworks in which the data has owners, or a thing that other routes look up by its owner, or one whose owner the
# client names.
belongs(endpoint) if endpoint.framework in (owned | noted)

belongs(endpoint) if asked_elsewhere(endpoint)

belongs(endpoint) if names_whose(endpoint)

asked_elsewhere(endpoint) if {
	some effect in chosen(endpoint)
	object.get(effect, "owned", false)
}

# Who is logged in is known, and whose things they are is still the client's to say. Profiles, posts and followers of
# others are looked at by everybody.
names_whose(endpoint) if {
	some effect in chosen(endpoint)
	regex.match(`(?i)^(user|owner|account)_?(id|uuid)$|^uid$`, effect.chosen_by)
	not _looked_at_by_all(object.get(effect, "of", "user"))
}

_looked_at_by_all(of) if of in {
	"user", "account", "profile", "member", "customer", "post", "comment", "review", "rating", "article",
	"product", "listing", "recipe", "badge", "achievement", "score",
}

_looked_at_by_all(of) if strings.any_prefix_match(of, ["follow", "friend"])

worst(found) := owned_first[0] if {
	owned_first := [effect | some effect in found; effect.kind != "read"; object.get(effect, "owned", false)]
	count(owned_first) > 0
} else := changing[0] if {
	changing := [effect | some effect in found; effect.kind != "read"]
	count(changing) > 0
} else := found[0]

severity(endpoint, effect) := "medium" if {
	asked_elsewhere(endpoint)
} else := "medium" if {
	names_whose(endpoint)
} else := "low" if {
	effect.kind == "read"
	not changes_something(endpoint)
} else := "low" if {
	not endpoint.framework in owned
	not own_column(endpoint)
} else := "medium"

# A viewset over a model that has a column for its owner.
own_column(endpoint) if {
	endpoint.framework == "django"
	object.get(endpoint, "notes_owner", false)
	some effect in lib.effects_of(endpoint, {"write", "delete"})
	effect.name == endpoint.handler
	effect.chosen_by
}

# Something that is there already is changed or removed: to read somebody and to note a new thing of one's own (a follower,
# a message) is not that.
changes_something(endpoint) if {
	lib.changes_state(endpoint)
	some effect in lib.effects_of(endpoint, {"write", "delete"})
	not regex.match(`(^|\.)(create|bulk_create|acreate|insert|insertOne|insertMany|insert_one|insert_many|add|add_all|get_or_create|commit|flush)$`, effect.name)
}

# Only effects that are not told of as writes: a service of another kind.
changes_something(endpoint) if {
	lib.changes_state(endpoint)
	endpoint.methods != ["ANY"]
	count(lib.effects_of(endpoint, {"write", "delete"})) == 0
}

# Nothing belongs to anybody, and everybody may sign up: strangers may then change what all others see.
signs_up if {
	some endpoint in lib.production_endpoints
	"POST" in endpoint.methods
	lib.is_for(endpoint, `^(register|registration|signup|sign-up|registro|registrar|registrarse|cadastro|inscription|registrieren)$`)
}

# Pages of data services sign up by themselves.
signs_up if {
	some written in object.get(input, "browser_writes", [])
	written.kind == "sign-up"
}

warn contains violation if {
	signs_up
	some endpoint in concerned
	not belongs(endpoint)
	not lib.guarded_by(endpoint, {"ownership"})
	lib.changes_state(endpoint)
	found := [effect | some effect in chosen(endpoint); effect.kind != "read"]
	count(found) > 0
	violation := {
		"title": sprintf("Every user who signs up may change it: %s", [lib.label(endpoint)]),
		"msg": sprintf("`%s` asks only whether somebody is logged in, and everybody may sign up; no route asks for a role or an owner", [lib.label(endpoint)]),
		"location": lib.handled(endpoint),
		"severity": "medium",
		"confidence": "low",
		"content": lib.label(endpoint),
		"related": [{"location": found[0].location, "message": sprintf("`%s` with the client's `%s`", [found[0].name, found[0].chosen_by])}],
	}
}
