# Which licences packages may have: the lists of the project and of its organisation.
#
# Users may import it: `import data.stageclear.helpers.licenses`.
package stageclear.helpers.licenses

project := object.get(input.project.options, "licenses", {})

default organization := {}

organization := data.organization.licenses if is_object(data.organization.licenses)

denied_names := {lower(name) |
	some lists in [project, organization]
	some name in object.get(lists, "deny", [])
}

# One list of allowed names for each who allows some only.
allowed_lists := [names |
	some lists in [project, organization]
	names := {lower(name) | some name in object.get(lists, "allow", [])}
	count(names) > 0
]

# Whether anybody has decided.
are_listed if count(denied_names) > 0

are_listed if count(allowed_lists) > 0

# Each licence once, however many packages have it.
distinct := {license.expression: license |
	some entry in input.packages
	# The same expression may stand in many places.
	license := object.remove(entry.license, ["location"])
}

# Expressions that offer a way which everybody allows.
known_acceptable contains expression if {
	are_listed
	some expression, license in distinct
	some choice in choices(license)
	every term in choice {
		permitted(lower(term))
	}
}

# A text that is no expression can be listed as it is.
choices(license) := [[license.expression]] if not license.spdx

choices(license) := object.get(license, "choices", []) if license.spdx

permitted(term) if {
	not denied(term)
	every names in allowed_lists {
		some pattern in names
		matches(pattern, term)
	}
}

# An exception to a denied licence is allowed only by its full name.
denied(term) if {
	some pattern in denied_names
	matches(pattern, term)
	not fully_allowed(term)
}

fully_allowed(term) if {
	contains(term, " with ")
	some names in allowed_lists
	term in names
}

# An exception gives more freedom than its licence.
matches(pattern, term) if {
	some name in {term, split(term, " with ")[0]}
	like(pattern, name)
}

like(pattern, name) if pattern == name

like(pattern, name) if {
	contains(pattern, "*")
	glob.match(pattern, ["/"], name)
}

# reason(license): why it is not acceptable.
reason(license) := "which is no SPDX expression and not on the list" if not license.spdx

reason(license) := "which offers no way that is allowed" if license.spdx
