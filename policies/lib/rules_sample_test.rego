# Rules of Firebase for the tests of policies on them.
package stageclear.helpers.rules_sample

facts(service, list) := {"firebase": [{"service": service, "path": "firestore.rules", "context": "production", "rules": list, "lookups": []}]}

rule(path, collections, methods, reach) := {
	"path": path, "collections": collections, "recursive": contains(path, "=**"), "methods": methods, "condition": reach, "reach": reach,
	"signed_in": reach in {"caller", "signed-in"}, "validates": false, "size": false, "content_type": false, "fields": [],
	"location": {"path": "firestore.rules", "line": 5, "column": 1, "end_line": 5, "end_column": 9},
}

all := ["get", "list", "create", "update", "delete"]

read := ["get", "list"]
