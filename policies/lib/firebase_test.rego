package stageclear.helpers.firebase_test

import data.stageclear.helpers.firebase
import data.stageclear.helpers.rules_sample as sample

test_paths_tell_whose_data_it_is if {
	firebase.of_users(sample.rule("/users/{id}", ["users"], sample.all, "caller"))
	firebase.of_users(sample.rule("/notes/{userId}", ["notes"], sample.all, "caller"))
	not firebase.of_users(sample.rule("/posts/{id}", ["posts"], sample.all, "caller"))
}

test_everything_is_a_recursive_path_without_names if {
	firebase.everything(sample.rule("/{document=**}", [], sample.all, "caller"))
	not firebase.everything(sample.rule("/posts/{path=**}", ["posts"], sample.all, "caller"))
}

test_words_for_methods if {
	firebase.does(sample.rule("/a", ["a"], sample.read, "caller")) == "read"
	firebase.does(sample.rule("/a", ["a"], ["create"], "caller")) == "write"
	firebase.does(sample.rule("/a", ["a"], sample.all, "caller")) == "read and write"
}
