package stageclear.supply_chain.unknown_install_script_test

import data.stageclear.supply_chain.unknown_install_script

fact(kind, more) := object.union({
	"kind": kind, "ecosystem": "npm", "name": "thing", "scope": "runtime", "context": "production", "known": false,
	"location": {"path": "file", "line": 3, "column": 1, "end_line": 3, "end_column": 9},
}, more)

found(facts) := violations if {
	violations := unknown_install_script.warn with input as {"dependencies": facts}
}

test_little_known_ones_are_told if {
	count(found([fact("install-script", {"names": ["some-helper@1.0.0"]})])) == 1
}

test_well_known_ones_pass if {
	count(found([fact("install-script", {"names": ["esbuild@0.25.0"], "known": true})])) == 0
}
