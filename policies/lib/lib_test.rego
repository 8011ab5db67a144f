package stageclear.lib_test

import data.stageclear.lib

literal(value) := {"key": "K", "value": {"kind": "literal", "value": value}}

environment(fallback) := {"key": "K", "value": {"kind": "environment", "name": "K", "default": fallback}}

test_severities_are_ordered if {
	lib.at_least("critical", "high")
	lib.at_least("high", "high")
	not lib.at_least("medium", "high")
}

test_possible_values_of_every_form if {
	lib.possible(literal(true)) == {true}
	lib.possible(literal(["a"])) == {["a"]}
	lib.possible(environment("x")) == {"x"}
	lib.possible({"value": {"kind": "environment", "name": "K"}}) == set()
	lib.possible({"value": {"kind": "unknown"}}) == set()
	nested := {"kind": "one-of", "values": [literal(1).value, {"kind": "one-of", "values": [environment(2).value]}]}
	lib.possible({"value": nested}) == {1, 2}
}

test_false_is_a_possible_value if lib.could_be(literal(false), false)

test_texts_can_be_true if {
	lib.could_be_true(literal("True"))
	lib.could_be_true(environment("1"))
	not lib.could_be_true(literal("production"))
	not lib.could_be_true(literal(false))
	lib.could_be_false(environment("0"))
	not lib.could_be_false(literal(true))
}

test_items_of_lists_and_texts if {
	lib.could_hold(literal(["a", "*"]), "*")
	lib.could_hold(environment("a.example, *"), "*")
	not lib.could_hold(literal(["*.example"]), "*")
}

test_confidence_follows_the_form if {
	lib.sure(literal(1)) == "high"
	lib.sure(environment(1)) == "medium"
	lib.unless_set(environment(1)) == " unless `K` is set"
	lib.unless_set(literal(1)) == ""
}

test_only_production_counts if {
	lib.in_production({})
	lib.in_production({"context": "production"})
	not lib.in_production({"context": "test"})
	lib.production_settings == [] with input as {"settings": [{"context": "development"}]}
}

test_leaf if {
	lib.leaf("a.b.C") == "C"
	lib.leaf("C") == "C"
}

test_constants_of_settings_classes if {
	lib.constant({"dialect": "pydantic", "key": "Settings.secret_key"}) == "SECRET_KEY"
	lib.constant({"dialect": "yaml", "key": "logging.debug"}) == "debug"
}

test_public_paths if {
	lib.public_by_design("/api/v1/login")
	lib.public_by_design("/reset_password/<token>")
	lib.public_by_design("/payments/stripe-webhook")
	lib.public_by_design("/invite/<token>")
	lib.public_by_design("/invite/[token]")
	lib.public_by_design("/auth/refresh-tokens")
	not lib.public_by_design("/projects/<slug>/invite")
	not lib.public_by_design("/keys/token_list")
	not lib.public_by_design("/users/<id>")
	lib.public_by_design("/api/public-config")
	lib.public_by_design("/api/csp-report")
	not lib.public_by_design("/republic-day")
	not lib.public_by_design("/loginless")
}
