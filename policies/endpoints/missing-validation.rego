# METADATA
# scope: package
# title: Input without a schema
# description: >-
#   Routes that store what they are sent without checking types, lengths and ranges fail in ways that nobody planned:
#   negative amounts, huge texts, objects where a text was expected.
# related_resources:
#   - https://cheatsheetseries.owasp.org/cheatsheets/Input_Validation_Cheat_Sheet.html
# custom:
#   id: policy/endpoints/missing-validation
#   severity: low
#   cwe: [20]
#   owasp: ["A03:2021", "API3:2023"]
#   asvs: [v4.0.3-5.1.3, v5.0.0-2.2.1]
#   remedy: >-
#     check the body with a schema before it is used (pydantic, marshmallow, zod, joi), and use only what the schema gives
#   bad: |
#     app.post("/orders", (req, res) => db.orders.insert({ qty: req.body.qty }));
#   good: |
#     app.post("/orders", (req, res) => db.orders.insert(Order.parse(req.body)));
package stageclear.endpoints.missing_validation

import data.stageclear.lib

routes := lib.grouped({[endpoint.framework, [lib.site(endpoint).path, lib.site(endpoint).line, lib.label(endpoint), lib.site(endpoint)]] |
	some endpoint in lib.production_endpoints
	lib.changes_state(endpoint)
	lib.does(endpoint, {"write", "payment", "llm"})
	not lib.guarded_by(endpoint, {"validation", "signature"})
	not endpoint.methods == ["DELETE"]
	not endpoint.framework in {"django", "djangorestframework", "graphql"}
})

warn contains violation if {
	some framework, set_of_routes in routes
	found := sort(set_of_routes)
	violation := {
		"title": "Input is stored without a schema",
		"msg": sprintf("%d %s route(s) that store what they are sent show no schema that checks it, such as `%s`", [count(found), framework, found[0][2]]),
		"location": found[0][3],
		"severity": "low",
		"confidence": "low",
		"content": framework,
		"related": [{"location": route[3], "message": sprintf("`%s` checks no schema", [route[2]])} |
			some index, route in found
			index > 0
			index <= 50
		],
	}
}
