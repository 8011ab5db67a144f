# METADATA
# scope: package
# title: HTML of a grid is put together from what its cells show
# description: >-
#   Formatters of grids and tables return HTML. A name or title that stands in it as it is runs as a script in the page of
#   whoever looks at the table, and tables of all users are what administrators look at.
# related_resources:
#   - https://cwe.mitre.org/data/definitions/79.html
# custom:
#   id: policy/client/unescaped-cell
#   severity: medium
#   cwe: [79]
#   owasp: ["A03:2021"]
#   asvs: [v4.0.3-5.3.3, v5.0.0-1.2.1]
#   remedy: >-
#     escape the value before it is put between tags, or return an element whose text is set
#   bad: |
#     { field: "name", formatter: (value) => `<b>${value}</b>` }
#   good: |
#     { field: "name", formatter: (value) => `<b>${escapeHtml(value)}</b>` }
package stageclear.client.unescaped_cell

deny contains violation if {
	some written in object.get(input, "browser_writes", [])
	written.kind == "cell-html"
	violation := {
		"title": sprintf("`%s` stands unescaped in the HTML of a grid", [written.field]),
		"msg": sprintf("a formatter puts `%s` between tags as it is: a script in it runs for whoever sees the table", [written.field]),
		"location": written.location,
		"severity": "medium",
		"confidence": "medium",
		"content": written.field,
	}
}
