package stageclear.supply_chain.wrong_package_name_test

import data.stageclear.supply_chain.wrong_package_name

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := wrong_package_name.warn with input as {"dependencies": facts}
}

test_each_kind_is_told if {
	facts := [fact("standard-library-name", {"name": "asyncio"}), fact("module-name", {"name": "cv2", "other": "opencv-python"}), fact("foreign-name", {"name": "express", "other": "npm"})]
	count(found(facts)) == 3
}

test_others_pass if {
	count(found([fact("similar-name", {}), fact("standard-library-name", {"context": "example"})])) == 0
}
