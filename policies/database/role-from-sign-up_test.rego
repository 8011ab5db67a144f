package stageclear.database.role_from_sign_up_test

import data.stageclear.database.role_from_sign_up as it
import data.stageclear.helpers.sample

facts(takes) := sample.facts({"functions": [sample.function("handle_new_user", {"trigger": true, "privilege_from_metadata": takes})]})

test_role_of_the_form_is_denied if {
	count(it.deny) == 1 with input as facts(true)
}

test_constant_role_passes if {
	count(it.deny) == 0 with input as facts(false)
}
