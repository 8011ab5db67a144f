# Resources of templates for the tests of policies on them.
package stageclear.helpers.cloud_sample

at(line) := {"path": "infra/main.tf", "line": line, "column": 1, "end_line": line, "end_column": 9}

fact(value) := {"value": value, "location": at(3)}

resource(kind, facts) := named(kind, sprintf("%s.main", [kind]), facts)

named(kind, name, facts) := {
	"kind": "cloud-resource", "name": name, "location": at(1), "context": "production",
	"facts": object.union({key: [fact(value) | some value in values] | some key, values in facts}, {"cloud-type": [fact(kind)]}),
}

grant(parts) := object.union(
	{"effect": "Allow", "actions": ["s3:GetObject"], "resources": ["*"], "principals": [], "condition": false, "of": "policy"},
	parts,
)

facts(resources) := {"resources": resources}
