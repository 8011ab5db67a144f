# METADATA
# scope: package
# title: Release checklist
# description: >-
#   The questions of a careful reviewer before a release, answered from the audit document: proved, refuted, needs a
#   person, or not applicable. Proved means that the analysis saw everything that the item is about and nothing spoke
#   against it; what such a proof does not cover is told with it.
# custom:
#   id: policy/checklist/checklist
#   severity: info
#   remedy: start with what is refuted, then look at what needs a person
package stageclear.checklist.checklist

import data.stageclear.checklist.questions
import data.stageclear.checklist.routes
import data.stageclear.lib

# How many pieces of evidence one item lists.
most := 10

# short(rule): what a rule is about, the same for all languages: `sql-injection`.
short(rule) := replace(replace(last(rule), "python-", ""), "javascript-", "")

last(rule) := parts[count(parts) - 1] if parts := split(rule, "/")

# pack(rule): what stands before its name: `policy/settings`, `secret`.
pack(rule) := concat("/", array.slice(parts, 0, count(parts) - 1)) if parts := split(rule, "/")

counts(finding) if object.get(finding, "context", "production") in {"production", "development"}

# Findings by what they are about, and by pack: positions, so that each is counted once.
about := lib.grouped({[name, index] |
	some index, finding in input.findings
	counts(finding)
	name := short(finding.rule)
})

within := lib.grouped({[name, index] |
	some index, finding in input.findings
	counts(finding)
	name := pack(finding.rule)
})

# hits(question): all findings that speak about it, the worst first. Looked up once a question.
hits(question) := hits_of[question.id]

hits_of[question.id] := found if {
	some question in questions.all
	found := [input.findings[index] | some index in (named(question) | packed(question))]
}

named(question) := {index |
	some name in object.get(question, "rules", [])
	some index in object.get(about, name, set())
}

packed(question) := {index |
	some name in object.get(question, "packs", [])
	some index in object.get(within, name, set())
}

# Speaks against it, as far as a rule can.
confirmed(finding) if {
	not finding.suppression
	finding.confidence != "low"
	finding.severity != "info"
}

accepted(finding) if finding.suppression

# What was not read, by what it is about.
gaps := {"code": code_gaps, "files": file_gaps, "packages": package_gaps, "settings": setting_gaps, "none": []}

unread := {"unreadable", "encoding", "syntax", "limit", "unsupported", "internal"}

code_file(path) if regex.match(`\.(py|pyi|js|jsx|mjs|cjs|ts|tsx|mts|cts|vue|svelte|html?|jinja2?|j2|ejs|hbs|pug|njk)$`, lower(path))

of_problem(problem) := {"message": problem.message, "location": problem.location} if problem.location

of_problem(problem) := {"message": problem.message} if not problem.location

not_whole := [problem | some problem in input.problems; problem.incomplete]

code_gaps := array.concat(
	[of_problem(problem) |
		some problem in not_whole
		problem.kind in (unread | {"policy"})
		concerns_code(problem)
	],
	[{"message": sprintf("%d %s file(s): code that is not analysed", [number, language])} | some language, number in input.project.coverage.unsupported],
)

concerns_code(problem) if not problem.location

concerns_code(problem) if code_file(problem.location.path)

file_gaps := [of_problem(problem) |
	some problem in not_whole
	problem.kind in {"unreadable", "encoding", "limit", "internal"}
	not contains(problem.message, "searched for secrets only")
]

package_gaps := [of_problem(problem) |
	some problem in not_whole
	problem.kind in {"unreadable", "unresolved", "advisories", "unsupported", "internal"}
]

setting_gaps := [of_problem(problem) |
	some problem in not_whole
	problem.kind in (unread | {"policy"})
]

# How much there is of what an item can be about; 0 makes it not applicable.
sources := sum([number | some number in input.project.coverage.source_files])

# Code that no frontend reads may hold anything: then nothing is "not applicable".
other_code := sum([number | some number in input.project.coverage.unsupported])

open_routes := count(routes.rows)

model_library := `(?im)^(openai|anthropic|@anthropic-ai/.*|ai|@ai-sdk/.*|langchain.*|@langchain/.*|llama[-_]index.*|litellm|cohere.*|google-generativeai|google-genai|@google/(generative-ai|genai)|mistralai|@mistralai/.*|groq.*|ollama|transformers|replicate|together.*|huggingface[-_]hub|pydantic-ai|crewai|mcp|@modelcontextprotocol/.*)$`

model_calls := count([1 | some endpoint in lib.production_endpoints; lib.does(endpoint, {"llm"})])

# All names are searched at once: a project has thousands.
model_packages := count(regex.find_n(model_library, concat("\n", {entry.name | some entry in input.packages}), -1))

amount := {
	"code": sources + other_code,
	"routes": open_routes + other_code + frameworks_without_routes,
	"files": input.project.coverage.files_checked,
	"packages": count(object.get(input, "packages", [])),
	"settings": count(lib.production_settings) + sources,
	"models": model_calls + model_packages,
	"resources": count(object.get(input, "resources", [])),
	"stores": count(object.get(input, "databases", [])) + count(object.get(input, "firebase", [])) + count(questions.stores_elsewhere),
	"suppressed": 1,
}

# A web framework whose routes were not seen.
default frameworks_without_routes := 0

frameworks_without_routes := count(input.project.frameworks) if open_routes == 0

judged(name) if {
	some policy in input.policies
	startswith(policy.rule, sprintf("%s/", [name]))
}

# Packs of policies that this release, or the run, does not have.
not_judged(question) if {
	some name in object.get(question, "needs", [])
	not judged(name)
}

# Where an item is about a column of the matrix.
cells(question, state) := object.get(routes.with_state, [[object.get(question, "column", ""), state]], set())

guards(question) := [guard |
	question.column
	some endpoint in lib.production_endpoints
	some guard in endpoint.guards
	guard.kind == question.column
]

holes(question) := [{"message": sprintf("%s: %s", [row.route, cell.reason]), "location": input.endpoints[row.endpoint].location} |
	some state in ["missing", "unknown"]
	some index in cells(question, state)
	row := routes.rows[index]
	cell := row.cells[question.column]
]

# What guards there are: each name with how often.
guards_of(question) := [{"message": sprintf("`%s` guards %d route(s)", [name, count(uses)]), "location": uses[0].location} |
	found := guards(question)
	some name in {guard.name | some guard in found}
	uses := [guard | some guard in found; guard.name == name]
]

of_finding(finding) := {"message": finding.title, "location": finding.location} if not accepted(finding)

# What was silenced is told by its reason, not as a finding.
of_finding(finding) := {"message": sprintf("accepted: %s", [object.get(finding.suppression, "reason", "no reason")]), "location": finding.location} if {
	accepted(finding)
}

# What speaks for an item without any guard: facts that a question brings along.
support(question) := object.get(questions.support, question.id, [])

doubts(question) := object.get(questions.doubts, question.id, [])

base(question) := object.union(
	{key: value | some key, value in question; key in {"id", "section", "title", "look"}},
	{"rules": [], "evidence": [], "more": 0, "limits": ""},
)

shown(evidence) := {"evidence": array.slice(evidence, 0, most), "more": max([0, count(evidence) - most])}

answered(question, changes, evidence) := object.union(object.union(base(question), changes), shown(evidence))

item(question) := answered(question, {"status": "not-applicable", "summary": question.absent}, []) if {
	amount[question.subject] == 0
	count(hits(question)) == 0
	not not_judged(question)
} else := answered(
	question, {
		"status": "refuted",
		"summary": sprintf("%d finding(s) against it", [count(against)]),
		"rules": sort({finding.rule | some finding in against}),
	},
	[of_finding(finding) | some finding in against],
) if {
	against := [finding | some finding in hits(question); confirmed(finding)]
	count(against) > 0
} else := answered(question, {"status": "needs-person", "summary": question.only_a_person}, doubts(question)) if {
	question.only_a_person
} else := answered(question, {"status": "needs-person", "summary": "no policy of this run judges it"}, []) if {
	not_judged(question)
} else := answered(question, {"status": "needs-person", "summary": sprintf("%d route(s) to look at", [count(found)])}, array.concat(found, weak(question))) if {
	found := holes(question)
	count(found) > 0
} else := answered(
	question, {
		"status": "needs-person",
		"summary": sprintf("%d hint(s) or accepted exception(s)", [count(found)]),
		"rules": sort({finding.rule | some finding in hits(question)}),
	},
	found,
) if {
	found := weak(question)
	count(found) > 0
} else := answered(question, {"status": "needs-person", "summary": sprintf("nothing was found, but %d thing(s) could not be read", [count(found)])}, found) if {
	found := gaps[question.gaps]
	count(found) > 0
} else := answered(question, {"status": "needs-person", "summary": sprintf("no routes of %s were found", [concat(", ", input.project.frameworks)])}, []) if {
	question.subject == "routes"
	open_routes == 0
} else := answered(question, {"status": "needs-person", "summary": question.doubt}, doubts(question)) if {
	count(doubts(question)) > 0
} else := answered(question, {"status": "proved", "summary": sprintf("%d guard(s) of this kind, none missing", [number]), "limits": question.limits}, guards_of(question)) if {
	question.column
	number := count(guards(question))
	number > 0
} else := answered(question, {"status": "not-applicable", "summary": question.absent}, []) if {
	question.column
	not question.otherwise
} else := answered(question, {"status": "proved", "summary": "evidence for it, and none against it", "limits": question.limits}, support(question)) if {
	count(support(question)) > 0
} else := answered(question, {"status": "needs-person", "summary": question.otherwise}, []) if {
	question.otherwise
} else := answered(question, {"status": "proved", "summary": sprintf("nothing found in %s", [extent[question.subject]]), "limits": question.limits}, [])

weak(question) := [of_finding(finding) | some finding in hits(question); not confirmed(finding)]

extent := {
	"code": sprintf("%d source file(s)", [sources]),
	"routes": sprintf("%d route(s)", [open_routes]),
	"files": sprintf("%d file(s)", [input.project.coverage.files_checked]),
	"packages": sprintf("%d package(s)", [count(object.get(input, "packages", []))]),
	"settings": sprintf("%d setting(s) and %d source file(s)", [count(lib.production_settings), sources]),
	"models": sprintf("%d source file(s)", [sources]),
	"resources": sprintf("%d image(s), service(s), workflow(s) and the like", [amount.resources]),
	"stores": sprintf("%d database(s) and set(s) of rules", [amount.stores]),
	"suppressed": "this run",
}

items := [item(question) | some question in questions.all]

sections := questions.sections
