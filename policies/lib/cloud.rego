# What policies on templates of infrastructure share: Terraform, CloudFormation, SAM, the Serverless Framework.
#
# Users may import it: `import data.stageclear.helpers.cloud`.
package stageclear.helpers.cloud

import data.stageclear.lib

# What is made, and what modules of registries are told to make, in files of production.
resources := array.concat(lib.resources_of("cloud-resource"), lib.resources_of("cloud-module"))

by_kind := {kind: [resource | some resource in resources; kind_of(resource) == kind] |
	some kind in {kind_of(resource) | some resource in resources}
}

# kind_of(resource): `aws_db_instance`, `AWS::RDS::DBInstance`, `module`.
kind_of(resource) := resource.facts["cloud-type"][0].value

# of(kinds): the resources of these kinds.
of(kinds) := [resource |
	some kind in kinds
	some resource in object.get(by_kind, kind, [])
]

# says(resource, key, values): the places where the attribute is one of these texts, in any case.
says(resource, key, values) := [fact |
	some fact in object.get(resource.facts, key, [])
	is_string(fact.value)
	lower(fact.value) in values
]

# on(resource, key), off(resource, key): the places where the attribute is true or false.
on(resource, key) := [fact |
	some fact in object.get(resource.facts, key, [])
	lib.is_true(fact.value)
]

off(resource, key) := [fact |
	some fact in object.get(resource.facts, key, [])
	fact.value in {false, "false", "False"}
]

# missing(resource, key): whether nothing is said of the attribute.
missing(resource, key) if not resource.facts[key]

# refers(resource, key): the resource that the attribute refers to: `aws_s3_bucket.logs`.
refers(resource, key) := {name |
	some fact in object.get(resource.facts, key, [])
	parts := split(fact.value.ref, ".")
	some name in {concat(".", array.slice(parts, 0, 2)), parts[0]}
}

# everyone(grant): whether a statement of a policy allows everybody.
everyone(grant) if {
	grant.value.effect == "Allow"
	not grant.value.condition
	"*" in grant.value.principals
}

first(facts) := facts[0] if count(facts) > 0
