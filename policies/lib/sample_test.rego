# Databases for the tests of policies on them.
package stageclear.helpers.sample

at(line) := {"path": "supabase/migrations/1.sql", "line": line, "column": 1, "end_line": line, "end_column": 9}

facts(parts) := {"databases": [object.union(
	{
		"root": "", "platform": "supabase", "evidence": "sql", "ordered": true, "tables": [], "functions": [], "views": [],
		"buckets": [], "grants": [], "seeded_passwords": [],
	},
	parts,
)]}

tables(list) := facts({"tables": list})

column(name, kind) := {"name": name, "kind": kind, "owner": name == "user_id", "privilege": name in {"role", "credits", "organization_id"}}

table(name, parts) := object.union(
	{
		"schema": "public", "name": name, "location": at(3), "system": false, "columns": [], "sensitive": [],
		"rls": {"enabled": true, "forced": false, "disabled": false}, "policies": [], "revoked": [], "protected_columns": [],
	},
	parts,
)

with_policies(name, sensitive, columns, policies) := table(name, {"sensitive": sensitive, "columns": columns, "policies": policies})

predicate(reach) := {
	"text": reach, "reach": reach, "signed_in": reach in {"caller", "signed-in"}, "names_caller": reach == "caller",
	"user_metadata": false, "names": [], "tables": [], "calls": [], "loose": false,
}

policy(command, roles, reach) := {
	"name": sprintf("%s by %s", [command, concat(",", roles)]), "command": command, "roles": roles, "permissive": true,
	"using": predicate(reach), "check": predicate(reach), "location": at(9),
}

function(name, parts) := object.union(
	{
		"schema": "public", "name": name, "location": at(5), "security_definer": true, "search_path": true, "trigger": false,
		"names_caller": false, "user_metadata": false, "writes": false, "tables": [], "dynamic_sql": false,
		"executes_argument": false, "privilege_from_metadata": false, "plain_password": false, "revoked": [], "granted": [],
		"arguments": true, "returns": "void",
	},
	parts,
)

view(name, parts) := object.union(
	{
		"schema": "public", "name": name, "location": at(7), "security_invoker": false, "deliberate": false, "all_columns": false, "materialized": false, "names_caller": false,
		"tables": ["public.orders"], "aggregates": false, "sensitive": [], "revoked": [],
	},
	parts,
)
