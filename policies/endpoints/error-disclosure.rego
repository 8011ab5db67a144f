# METADATA
# scope: package
# title: Error text is returned to the client
# description: >-
#   The text of an unexpected exception tells strangers about queries, paths, hosts and versions; a stack trace tells
#   them the code. Whoever attacks the app reads it first.
# related_resources:
#   - https://cwe.mitre.org/data/definitions/209.html
# custom:
#   id: policy/endpoints/error-disclosure
#   severity: medium
#   cwe: [209]
#   owasp: ["A05:2021", "A10:2025"]
#   asvs: [v4.0.3-7.4.1, v5.0.0-16.5.1]
#   remedy: >-
#     log the exception, and answer with a fixed text and an id to find it in the log
#   bad: |
#     except Exception as e:
#         return jsonify({"error": str(e)}), 500
#   good: |
#     except Exception:
#         logger.exception("order failed")
#         return jsonify({"error": "internal error"}), 500
package stageclear.endpoints.error_disclosure

import data.stageclear.lib

texts := {
	"exception-text": ["Exception text is returned to the client", "the text of any exception goes to whoever called: log it, and answer with a fixed text", "medium"],
	"stack-trace": ["Stack trace is returned to the client", "a stack trace goes to whoever called: log it, and answer with a fixed text", "medium"],
	"database-message": ["Database message is returned to the client", "the message of the data service goes to whoever called: log it, and answer with a fixed text", "low"],
}

told := [disclosure |
	some disclosure in object.get(input, "disclosures", [])
	lib.in_production(disclosure)
	disclosure.broad
	texts[disclosure.kind]
]

# A file that does it everywhere is told once: it is one habit, and mended in one go.
of_file := lib.grouped({[key(disclosure), [disclosure.location.line, disclosure.location.column, disclosure.location]] |
	some disclosure in told
})

key(disclosure) := sprintf("%s in %s", [disclosure.kind, disclosure.location.path])

is_habit(disclosure) if count(of_file[key(disclosure)]) > 4

deny contains violation if {
	some disclosure in told
	not is_habit(disclosure)
	[title, message, severity] := texts[disclosure.kind]
	violation := {
		"title": title,
		"msg": message,
		"location": disclosure.location,
		"severity": severity,
		"confidence": "medium",
		"content": disclosure.kind,
	}
}

deny contains violation if {
	some disclosure in told
	is_habit(disclosure)
	places := sort(of_file[key(disclosure)])
	places[0][2] == disclosure.location
	[title, message, severity] := texts[disclosure.kind]
	violation := {
		"title": title,
		"msg": sprintf("%s (%d places of this file)", [message, count(places)]),
		"location": disclosure.location,
		"severity": severity,
		"confidence": "medium",
		"content": disclosure.kind,
		"related": [{"location": place[2], "message": "here, too"} | some place in array.slice(places, 1, 41)],
	}
}
