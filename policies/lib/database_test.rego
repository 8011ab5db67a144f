package stageclear.helpers.database_test

import data.stageclear.helpers.database
import data.stageclear.helpers.sample

test_exposed_tables_are_those_of_clients if {
	tables := database.exposed_tables with input as sample.tables([
		sample.table("a", {}),
		sample.table("b", {"schema": "private"}),
		sample.table("c", {"revoked": ["anon", "authenticated"]}),
	])
	[table.name | some table in tables] == ["a"]
}

test_open_to_tells_roles_apart if {
	database.open_to(sample.policy("all", ["public"], "everybody")) == "everybody"
	database.open_to(sample.policy("all", ["authenticated"], "everybody")) == "signed-in"
	database.open_to(sample.policy("insert", ["public"], "signed-in")) == "signed-in"
	not database.open_to(sample.policy("all", ["public"], "caller"))
}

test_private_and_form_names if {
	database.private_name("chat_messages")
	not database.private_name("posts")
	database.form_name("contact_messages")
	not database.form_name("products")
}
