# METADATA
# scope: package
# title: Customers may write what they owe or are owed
# description: >-
#   The policy asks only whose row it is. So whoever buys writes the total, the discount and the state of the order too, and whoever is checked writes the result of the check: one request to the data service makes an order cost a cent, or marks it as paid.
# custom:
#   id: policy/database/self-assigned-value
#   severity: medium
#   cwe: [602, 915]
#   owasp: ["A04:2021", "A01:2021"]
#   asvs: [v4.0.3-5.1.2, v5.0.0-8.2.3, v5.0.0-15.3.3]
#   remedy: >-
#     make such rows in a function of the server that reads the prices itself, and let clients only read them; or compute amounts and states in a trigger before insert and update
#   bad: |
#     CREATE POLICY p ON orders FOR INSERT WITH CHECK (auth.uid() = user_id); -- has total, status
#   good: |
#     CREATE POLICY p ON orders FOR SELECT USING (auth.uid() = user_id); -- written with the service role only
package stageclear.database.self_assigned_value

import data.stageclear.helpers.database

# Rows that are paid for or paid out.
paid(name) if regex.match(`(^|_)(orders?|order_?items?|order_?lines?|bookings?|reservations?|payouts?|withdrawals?|claims?|purchases?|winners?|winnings|redemptions?|refunds?|enrol?lments?|rentals?)(_|$)`, lower(name))

# Rows that say what somebody proved.
proving(name) if regex.match(`(^|_)(kyc|verifications?|identity|identities|certificates?|certifications?|background_checks?)(_|$)`, lower(name))

money(name) if regex.match(`^((sub|grand|order|booking|net|gross)?_?total|(unit_?|total_?|base_?)?price|amount|discount|cost)(_[a-z_]+)?$|^[a-z_]+_(amount|price|total|cost)$`, lower(name))

state(name) if lower(name) in {"status", "payment_status", "order_status", "is_paid", "paid", "paid_at", "approved", "is_approved", "approved_at", "verified", "is_verified", "verified_at", "verification_status", "kyc_status", "fulfilled"}

guarded(table, column) if {
	some name in table.protected_columns
	name in {"*", column}
}

asks_for(policy, column) if lower(column) in {lower(name) | some name in policy.check.names}

asks_for(policy, column) if {
	policy.command != "insert"
	not policy.check
	lower(column) in {lower(name) | some name in policy.using.names}
}

# A policy that looks only at whose row it is, or at nothing.
of_customers(policy) if {
	policy.command in {"insert", "update", "all"}
	condition := database.condition(policy)
	condition.reach in {"caller", "signed-in", "everybody"}
	count(condition.calls) == 0
	not "app_metadata" in condition.names
	not "role" in condition.names
	every name in condition.tables {
		paid(name)
	}
}

decisive(table) := [column.name |
	some column in table.columns
	money(column.name)
] if {
	paid(table.name)
}

decisive(table) := [column.name |
	some column in table.columns
	state(column.name)
] if {
	proving(table.name)
	not paid(table.name)
}

# What the state of an order adds, where there is money.
also(table) := [column.name |
	some column in table.columns
	state(column.name)
] if {
	paid(table.name)
}

also(table) := [] if not paid(table.name)

open(table, policy) := [name |
	some name in array.concat(decisive(table), also(table))
	not guarded(table, name)
	not asks_for(policy, name)
]

deny contains violation if {
	some pair in database.in_force
	of_customers(pair.policy)
	count(decisive(pair.table)) > 0
	names := open(pair.table, pair.policy)
	count(names) > 0
	violation := {
		"title": sprintf("Customers may write `%s` of `%s`", [names[0], database.label(pair.table)]),
		"msg": sprintf("the policy `%s` asks only whose row it is, and %s may be written with it", [pair.policy.name, concat(", ", [sprintf("`%s`", [name]) | some name in names])]),
		"location": pair.policy.location,
		"severity": "medium",
		"confidence": "medium",
		"content": sprintf("%s %s", [database.label(pair.table), pair.policy.name]),
	}
}
