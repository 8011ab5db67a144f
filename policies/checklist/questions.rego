# METADATA
# scope: package
# title: Questions of the release checklist
# description: >-
#   What the release checklist asks. A question names the rules whose findings speak against it (`rules`, without
#   language, and `packs`), what it is about (`subject`), which gaps of the analysis leave it open (`gaps`), and the words
#   for each answer.
# custom:
#   id: policy/checklist/questions
#   severity: info
#   remedy: none
package stageclear.checklist.questions

import data.stageclear.lib

sections := [
	"Authentication and authorisation",
	"Input validation and injection",
	"Credentials",
	"Error handling",
	"Rate limits and cost",
	"Browser: CSRF, CORS, cookies, headers",
	"Cryptography and transport",
	"Dependencies and supply chain",
	"Data stores",
	"Infrastructure",
	"Language models and agents",
	"Release hygiene",
]

all := array.concat(array.concat(array.concat(access, input_questions), array.concat(secrets_and_errors, browser)), array.concat(surroundings, release))

no_routes := "no route was found"

no_code := "no source code"

flow_limits := "flows through libraries without a model, through the database and through generated code are not followed (docs/flow.md)"

access := [
	{
		"id": "authentication/routes", "section": sections[0], "subject": "routes", "gaps": "code", "column": "authentication",
		"rules": ["missing-authentication"],
		"title": "Every route that changes data, costs money or shows private data asks who calls",
		"absent": "no route asks who calls, and none seems to need it",
		"limits": "routes that are public by their names (login, health, webhooks) are left out; what a guard does inside is not proved",
		"look": "the routes marked `public` and `✗` in the matrix, and whether each guard refuses strangers",
	},
	{
		"id": "authentication/roles", "section": sections[0], "subject": "routes", "gaps": "code", "column": "authorization",
		"rules": ["missing-authorization"],
		"title": "Routes for administrators check the role on the server",
		"absent": "no route is for administrators by its name",
		"limits": "which routes are for administrators is told by their names",
		"look": "which roles there are, and which routes each may call",
	},
	{
		"id": "authentication/owners", "section": sections[0], "subject": "routes", "gaps": "code", "column": "ownership",
		"rules": ["missing-owner-check"],
		"title": "Objects that the client names by id are given to their owners only",
		"absent": "no route takes an object's id from somebody who is logged in",
		"limits": "a predicate on the caller counts as the check; that it is the right one is not proved",
		"look": "each route with an id in its path: log in as a second user and ask for the first one's object",
	},
	{
		"id": "authentication/client-decides", "section": sections[0], "subject": "code", "gaps": "code",
		"rules": ["client-controlled-value", "client-side-authorization", "unsigned-identity", "assert-as-guard", "self-assigned-role", "role-from-sign-up"],
		"title": "Roles, prices and identities come from the server, not from the client",
		"absent": no_code, "limits": "fields that decide something are known by their names (role, is_admin, price, …)",
		"look": "fields with other names that decide about rights or money",
	},
	{
		"id": "authentication/tokens", "section": sections[0], "subject": "code", "gaps": "code",
		"rules": ["unverified-jwt", "endless-jwt", "secret-in-token", "token-in-local-storage"],
		"title": "Tokens are verified, end, and hold no secrets",
		"absent": no_code, "limits": "libraries for tokens without a model are not seen",
		"look": "whether tokens end when a user logs out or changes the password",
	},
	{
		"id": "authentication/passwords", "section": sections[0], "subject": "code", "gaps": "code",
		"rules": ["fast-password-hash", "low-password-hash-cost", "unvalidated-password", "plain-text-password", "secret-as-public-salt"],
		"title": "Passwords are stored with a slow, salted hash",
		"absent": no_code, "otherwise": "no library that hashes passwords was seen",
		"limits": "a library for it is there and nothing speaks against its use; that every password goes through it is not proved",
		"look": "where passwords are set, and the rules for their length",
	},
	{
		"id": "authentication/accounts", "section": sections[0], "subject": "routes", "gaps": "code",
		"rules": ["user-enumeration"],
		"title": "Answers do not tell which accounts exist",
		"absent": no_routes, "limits": "answers are compared where the handler writes them; differences in time are not seen",
		"look": "login, registration and reset with a known and an unknown address",
	},
	{
		"id": "authentication/webhooks", "section": sections[0], "subject": "routes", "gaps": "code", "column": "signature",
		"rules": ["unverified-webhook"],
		"title": "Webhooks check who sent them",
		"absent": "no route is called by machines, by its name", "limits": "webhooks are known by their names",
		"look": "each route that another service calls: the signature is checked over the raw body",
	},
	{
		"id": "authentication/business-rules", "section": sections[0], "subject": "routes", "gaps": "code",
		"title": "The rules of the business hold: amounts, quotas, order of steps, who may do what to whom",
		"only_a_person": "no analysis of files knows these rules",
		"absent": no_routes, "limits": "",
		"look": "the routes that move money, change rights or skip a step; try each with values and in an order that nobody intended",
	},
]

input_questions := [
	{
		"id": "input/schema", "section": sections[1], "subject": "routes", "gaps": "code", "column": "validation",
		"rules": ["missing-validation"],
		"title": "What users send is checked against a schema before it is stored or paid for",
		"absent": "no route stores what it is sent", "limits": "that a schema asks for the right types, lengths and ranges is not proved",
		"look": "the routes marked `✗`; lengths, ranges and unknown fields in each schema",
	},
	{
		"id": "input/mass-assignment", "section": sections[1], "subject": "code", "gaps": "code", "rules": ["mass-assignment", "prototype-pollution", "trust-boundary"],
		"title": "Only named fields are taken from a request into a stored object",
		"absent": no_code, "limits": flow_limits, "look": "updates that spread or merge a whole body",
	},
	{
		"id": "input/queries", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["sql-injection", "string-built-sql", "nosql-injection", "nosql-code-injection", "ldap-injection", "xpath-injection", "dynamic-sql", "executes-argument"],
		"title": "No query is built from what users send",
		"absent": no_code, "limits": flow_limits, "look": "raw queries, and stored procedures that build statements",
	},
	{
		"id": "input/commands", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["command-injection", "shell-true", "shell-command", "wildcard-in-command"],
		"title": "No command line is built from what users send",
		"absent": no_code, "limits": flow_limits, "look": "every call that starts a program",
	},
	{
		"id": "input/code", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["code-injection", "dynamic-code", "template-injection", "string-built-template", "unsafe-deserialization", "unsafe-pickle", "unsafe-yaml-load", "unsafe-dispatch", "format-string", "logging-config-listener"],
		"title": "Nothing that users send is run: no code, template, pickle or unsafe YAML",
		"absent": no_code, "limits": flow_limits, "look": "`eval`, templates from text, deserialisers",
	},
	{
		"id": "input/markup", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["xss", "unescaped-markup", "unescaped-template-output", "unquoted-template-attribute", "autoescape-off", "v-html", "template-output-in-script", "template-link-from-value", "template-name-not-escaped", "html-from-request", "incomplete-escaping"],
		"title": "What users send is escaped wherever it becomes HTML",
		"absent": no_code, "limits": flow_limits, "look": "rich text, and anything marked safe by hand",
	},
	{
		"id": "input/files", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["path-traversal", "unsafe-upload", "archive-slip", "upload-without-limit", "insecure-temp-file", "open-file-permissions", "directory-listing", "unchecked-upload"],
		"title": "Paths and uploads stay where they belong",
		"absent": no_code, "limits": flow_limits, "look": "where uploads are kept and how they are served: type, size, name",
	},
	{
		"id": "input/addresses", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["ssrf", "open-redirect", "url-of-any-scheme", "host-from-request", "open-proxy", "open-image-proxy"],
		"title": "Users do not choose which host is asked or where a browser is sent",
		"absent": no_code, "limits": flow_limits, "look": "webhooks, previews and imports by address; links in mails",
	},
	{
		"id": "input/other-languages", "section": sections[1], "subject": "code", "gaps": "code",
		"rules": ["xxe", "unsafe-xml-parser", "xml-entity-expansion", "redos", "regex-injection", "header-injection", "email-injection", "log-injection", "formula-injection", "chosen-security-header"],
		"title": "XML, regular expressions, headers, mails, logs and tables are safe from what users send",
		"absent": no_code, "limits": flow_limits, "look": "exports to spreadsheets, patterns that users write",
	},
]

secrets_and_errors := [
	{
		"id": "credentials/in-code", "section": sections[2], "subject": "files", "gaps": "files", "packs": ["secret"],
		"rules": ["secret-key-literal", "literal-credential", "literal-jwt-secret", "literal-session-secret", "secret-in-image", "secret-in-manifest", "secret-in-agent-configuration", "workflow-leaks-secret", "committed-environment-file"],
		"title": "No credential is written in the files",
		"absent": "no file", "limits": "known token formats and names that say password, key or token; a secret of no known shape under another name is not seen; ignored, binary and vendored files are not all read",
		"look": "files that git ignores but the build copies, and documents",
	},
	{
		"id": "credentials/defaults", "section": sections[2], "subject": "files", "gaps": "files",
		"rules": ["default-credential", "default-database-password", "default-service-password", "store-without-password"],
		"title": "No default or missing password",
		"absent": "no file", "limits": "defaults that the program itself creates at its first start are not seen",
		"look": "accounts that a migration or a seed script makes",
	},
	{
		"id": "credentials/in-browser", "section": sections[2], "subject": "code", "gaps": "code",
		"rules": ["api-key-in-browser", "server-secret-in-browser", "environment-in-bundle", "environment-file-in-image", "published-source-maps"],
		"title": "No private key reaches the browser",
		"absent": no_code, "limits": "what a build adds is not seen",
		"look": "the built bundle: search it for the names of your providers",
	},
	{
		"id": "credentials/history", "section": sections[2], "subject": "files", "gaps": "files",
		"title": "No credential is in the history of the repository, and whatever was there has been replaced",
		"only_a_person": "this run reads the files as they are, not their history",
		"absent": "no file", "limits": "", "look": "replace every key that was ever committed; deleting the line is not enough",
	},
	{
		"id": "errors/disclosure", "section": sections[3], "subject": "code", "gaps": "code", "rules": ["error-disclosure"],
		"title": "Errors are answered without stack traces, exception texts or database messages",
		"absent": no_code, "limits": "answers made inside libraries and by a proxy are not seen",
		"look": "ask for a page that does not exist and send a broken body: what comes back?",
	},
	{
		"id": "errors/debug", "section": sections[3], "subject": "settings", "gaps": "settings",
		"rules": ["debug-enabled", "debug-server-exposed", "debugger-exposed", "development-server"],
		"title": "Debug mode, debuggers and development servers are off in production",
		"absent": "no setting and no code", "limits": "what is set only where the app runs is not seen",
		"look": "the environment of the running service",
	},
	{
		"id": "errors/responses", "section": sections[3], "subject": "routes", "gaps": "code", "rules": ["sensitive-response", "auth-users-exposed"],
		"title": "Answers hold no password, hash, key or reset token",
		"absent": no_routes, "limits": "private fields are known by their names; whole objects are followed only where their fields are declared",
		"look": "the answers of routes about users, field by field",
	},
	{
		"id": "limits/routes", "section": sections[4], "subject": "routes", "gaps": "code", "column": "rate-limit",
		"rules": ["missing-rate-limit", "unlimited-paid-call"],
		"title": "Login, reset, codes, mail, messages and model calls are limited per caller",
		"absent": "no route guesses, sends or costs, as far as is seen", "limits": "that the numbers are right, and that the limiter's store is shared by all processes, is not proved",
		"look": "the limits of the proxy in front; the store of the limiter",
	},
	{
		"id": "limits/size", "section": sections[4], "subject": "routes", "gaps": "code", "column": "body-limit",
		"rules": ["missing-body-limit", "upload-without-limit"],
		"title": "Requests and uploads are limited in size",
		"absent": "", "otherwise": "no limit is shown by the code, and none is reported as missing",
		"limits": "", "look": "the limits of the framework, the proxy and the host",
	},
	{
		"id": "limits/time", "section": sections[4], "subject": "code", "gaps": "code", "rules": ["request-without-timeout", "validation-without-end"],
		"title": "Calls of other services end after a time",
		"absent": no_code, "limits": "clients without a model are not seen", "look": "clients that are made once and used everywhere",
	},
]

browser := [
	{
		"id": "browser/csrf", "section": sections[5], "subject": "routes", "gaps": "code", "column": "csrf",
		"rules": ["missing-csrf", "csrf-protection-off", "csrf-middleware-removed", "csrf-trusted-origins", "state-changing-get"],
		"title": "Where the session is a cookie, requests that change something carry a token or are checked for their origin",
		"absent": "no route needs it: nothing changes state with a cookie, or the framework checks",
		"limits": "exemptions that are given at run time are not seen", "look": "forms and calls that are exempt",
	},
	{
		"id": "browser/cors", "section": sections[5], "subject": "settings", "gaps": "settings",
		"rules": ["wildcard-cors", "any-origin-cors", "open-origin-with-credentials", "message-to-any-origin", "message-without-origin-check", "loose-host-pattern"],
		"title": "Other origins get only what is meant for them",
		"absent": "no setting and no code", "limits": "headers that a proxy or host adds are not all seen",
		"look": "the list of allowed origins",
	},
	{
		"id": "browser/cookies", "section": sections[5], "subject": "settings", "gaps": "settings",
		"rules": ["insecure-cookie-flags", "insecure-cookie", "cookie-without-samesite"],
		"title": "Session cookies are Secure, HttpOnly and SameSite",
		"absent": "no setting and no code", "otherwise": "no flags of a session cookie are set in the files: the defaults hold, if there is one",
		"limits": "cookies that libraries set by themselves are not seen",
		"look": "the cookies of the running app in the browser's tools",
	},
	{
		"id": "browser/headers", "section": sections[5], "subject": "routes", "gaps": "settings",
		"rules": ["csp-disabled", "wildcard-script-source", "missing-security-headers", "missing-csp", "electron-insecure-window", "native-access-from-page"],
		"title": "Security headers are sent: content security policy, frame options, no sniffing",
		"absent": no_routes, "otherwise": "no library or setting that sends them was seen",
		"limits": "which of them are sent depends on the library's options and on the proxy", "look": "the headers of a page of the running app",
	},
	{
		"id": "browser/https", "section": sections[5], "subject": "settings", "gaps": "settings",
		"rules": ["missing-https-enforcement", "cleartext-http", "cleartext-protocol", "cleartext-traffic"],
		"title": "Traffic is encrypted, and browsers are told to insist (HSTS)",
		"absent": "no setting and no code", "otherwise": "nothing in the files enforces it; perhaps the proxy or host does",
		"limits": "for which paths it holds is not proved", "look": "the address of the app with `http://`",
	},
	{
		"id": "browser/hosts", "section": sections[5], "subject": "settings", "gaps": "settings", "rules": ["wildcard-allowed-hosts", "host-from-request", "redirect-splits-header"],
		"title": "The host name of a request is not trusted",
		"absent": "no setting and no code", "limits": "frameworks without such a setting depend on the proxy", "look": "links in mails: where does their host come from?",
	},
	{
		"id": "crypto/algorithms", "section": sections[6], "subject": "code", "gaps": "code",
		"rules": ["weak-hash", "weak-cipher", "weak-key-size", "fixed-iv", "insecure-random", "unauthenticated-encryption", "unchecked-cipher-tag", "timing-unsafe-comparison", "weak-snmp"],
		"title": "Hashes, ciphers, keys and random numbers are fit for their use",
		"absent": no_code, "limits": "libraries without a model are not seen", "look": "home-made schemes",
	},
	{
		"id": "crypto/tls", "section": sections[6], "subject": "settings", "gaps": "settings",
		"rules": ["tls-verification-disabled", "weak-tls-version", "outdated-tls", "ssh-host-key-ignored"],
		"title": "Certificates and host keys are checked, with current protocol versions",
		"absent": "no setting and no code", "limits": "switches in the environment are seen only where a file sets them", "look": "the certificates' renewal",
	},
]

surroundings := [
	{
		"id": "dependencies/known", "section": sections[7], "subject": "packages", "gaps": "packages", "rules": ["vulnerable-package"],
		"title": "No dependency has a known vulnerability",
		"absent": "no lockfile or manifest names a package", "doubt": "the advisory data is too old to say so",
		"limits": "as of the date of the advisory data; packages that no lockfile names are not seen", "look": "`stageclear db update`, then again; whether the vulnerable part is used",
	},
	{
		"id": "dependencies/maintained", "section": sections[7], "subject": "packages", "gaps": "packages", "rules": ["unmaintained-package", "unsound-package", "package-notice"],
		"title": "No dependency is abandoned or known to be unsound",
		"absent": "no lockfile or manifest names a package", "doubt": "the advisory data is too old to say so",
		"limits": "only what advisories say; most abandoned packages have none", "look": "the last release of the packages that matter most",
	},
	{
		"id": "dependencies/supply-chain", "section": sections[7], "subject": "resources", "gaps": "settings", "packs": ["policy/supply-chain"], "needs": ["policy/supply-chain"],
		"title": "Builds and workflows fetch only what is pinned, and give strangers nothing",
		"absent": "no workflow, image or build file was found", "limits": "settings of the code host are not seen", "look": "who may approve a workflow, and which secrets it gets",
	},
	{
		"id": "data/stores", "section": sections[8], "subject": "stores", "gaps": "settings", "packs": ["policy/database", "policy/firebase"], "needs": ["policy/database"],
		"title": "Row-level security and storage rules let callers see their own data only",
		"absent": "no migration, schema or rules file was found", "doubt": "the store's rules are not among the files",
		"limits": "the rules in force are those of the files; changes made in the console are not seen", "look": "the rules in the console, as an anonymous and as another user",
	},
	{
		"id": "data/cloud", "section": sections[8], "subject": "code", "gaps": "code", "rules": ["public-cloud-resource", "unencrypted-cloud-resource", "public-bucket", "published-data-store", "data-store-outside-cluster"],
		"title": "Buckets and stores are private and encrypted",
		"absent": no_code, "limits": "resources that no file declares are not seen", "look": "the list of buckets and databases at the provider",
	},
	{
		"id": "infrastructure/files", "section": sections[9], "subject": "resources", "gaps": "settings", "packs": ["policy/infrastructure"], "needs": ["policy/infrastructure"],
		"title": "Images, services, workloads and proxies run with the least rights and publish nothing by mistake",
		"absent": "no image, service, workload or proxy was found", "limits": "only what files declare", "look": "open ports and rights of the running service",
	},
	{
		"id": "infrastructure/binding", "section": sections[9], "subject": "code", "gaps": "code", "rules": ["bind-all-interfaces", "open-admin-interface"],
		"title": "Servers listen only where they should",
		"absent": no_code, "limits": "what the host publishes is not seen", "look": "which ports answer from outside",
	},
	{
		"id": "models/input", "section": sections[10], "subject": "models", "gaps": "code", "rules": ["prompt-injection", "model-output-execution", "unsafe-model-output"],
		"title": "What a model answers is not run, and what strangers write does not instruct it",
		"absent": "no call of a language model was found", "limits": flow_limits, "look": "what the model may do for somebody who talks it into it",
	},
	{
		"id": "models/tools", "section": sections[10], "subject": "models", "gaps": "code", "packs": ["policy/llm"], "rules": ["dangerous-agent-tool", "remote-model-code", "unpinned-model"],
		"title": "Tools of models and agents are few, bounded and ask before they act",
		"absent": "no call of a language model was found", "limits": "tools that are registered at run time are not seen", "look": "each tool: the worst that a hostile text could have it do",
	},
	{
		"id": "models/cost", "section": sections[10], "subject": "models", "gaps": "code", "rules": ["unlimited-paid-call", "missing-token-cap"],
		"title": "Model calls are limited per user, in number and length",
		"absent": "no call of a language model was found", "limits": "limits at the provider are not seen", "look": "the spending limit at the provider",
	},
]

release := [
	{
		"id": "release/logs", "section": sections[11], "subject": "code", "gaps": "code", "rules": ["sensitive-log", "log-injection"],
		"title": "Logs hold no secrets, and users cannot forge their lines",
		"absent": no_code, "limits": "private values are known by their names", "look": "a day of real logs",
	},
	{
		"id": "release/hidden-text", "section": sections[11], "subject": "code", "gaps": "code", "rules": ["bidirectional-text", "hidden-instructions"],
		"title": "The source reads as it runs: no hidden or reordering characters",
		"absent": no_code, "limits": "look-alike letters are not told", "look": "",
	},
	{
		"id": "release/exceptions", "section": sections[11], "subject": "suppressed", "gaps": "none",
		"title": "No finding was silenced without somebody looking again", "absent": "",
		"doubt": "findings were silenced: are the reasons still true?", "limits": "rules that are switched off are listed among the limits of the run",
		"look": "the reason of each, and whether it is still true",
	},
	{
		"id": "release/whole", "section": sections[11], "subject": "suppressed", "gaps": "none",
		"title": "Everything in the project was read and judged", "absent": "",
		"doubt": "something was left out", "limits": "ignored and excluded files do not count",
		"look": "each file that was read in part or not at all",
	},
	{
		"id": "release/operation", "section": sections[11], "subject": "files", "gaps": "none",
		"title": "Backups are restored in practice, alarms reach somebody, and a release can be taken back",
		"only_a_person": "files do not tell", "absent": "no file", "limits": "", "look": "the last time that each was tried",
	},
]

place(fact) := {"message": fact.message, "location": fact.location} if fact.location

place(fact) := {"message": fact.message} if not fact.location

# What speaks for an item.
support := {
	"authentication/passwords": hash_libraries,
	"browser/headers": header_libraries,
	"browser/cookies": set_to(`(?i)cookie[._]?(secure|http_?only|same_?site)$`),
	"browser/https": array.concat(header_libraries, set_to(`(?i)^SECURE_(HSTS_SECONDS|SSL_REDIRECT)$`)),
}

# Settings of that name that are on, whatever the environment says.
set_to(pattern) := [{"message": sprintf("`%s` is set", [setting.key]), "location": setting.location} |
	some setting in lib.production_settings
	lib.is_written(setting)
	regex.match(pattern, setting.key)
	not lib.could_be_false(setting)
]

hash_names := {"bcrypt", "bcryptjs", "@node-rs/bcrypt", "argon2", "@node-rs/argon2", "argon2-cffi", "passlib", "pwdlib", "django", "werkzeug", "flask-bcrypt", "scrypt-kdf", "better-auth", "next-auth", "@clerk/nextjs", "@supabase/supabase-js", "firebase"}

hash_libraries := [{"message": sprintf("`%s` hashes or keeps passwords", [entry[0]]), "location": entry[1]} |
	some entry in {[lower(item.name), item.location] |
		some item in input.packages
		lower(item.name) in hash_names
		item.direct
	}
]

sends_headers := `(?i)(^|\.)(helmet|talisman|secure_?headers|securityheaders|securitymiddleware|django-csp|flask-talisman|nosurf|@fastify/helmet)`

header_names := {name |
	some endpoint in lib.production_endpoints
	some name in endpoint.middleware
	regex.match(sends_headers, name)
}

first_behind(name) := places[0] if places := [endpoint.location | some endpoint in lib.production_endpoints; name in endpoint.middleware]

header_libraries := array.concat(
	[{"message": sprintf("`%s` runs before the routes", [name]), "location": first_behind(name)} | some name in header_names],
	[{"message": "Django's SecurityMiddleware is on", "location": setting.location} |
		some setting in lib.production_settings
		setting.key == "MIDDLEWARE"
		lib.could_hold(setting, "django.middleware.security.SecurityMiddleware")
	],
)

# What leaves an item open though nothing was reported.
doubts := {
	"dependencies/known": old_advisories,
	"dependencies/maintained": old_advisories,
	"release/exceptions": [{"message": sprintf("%s: %s (%d finding(s))", [concat(", ", waiver.rules), waiver.reason, waiver.used]), "location": waiver.location} |
		some waiver in input.waivers
		waiver.used > 0
	],
	"release/whole": left_out,
	"data/stores": stores_elsewhere,
	"authentication/business-rules": [{"message": sprintf("%s: %s", [lib.label(endpoint), concat(", ", sort(kinds))]), "location": endpoint.location} |
		some endpoint in lib.production_endpoints
		kinds := {effect.kind | some effect in object.get(endpoint, "effects", []); effect.kind in {"payment", "password", "delete", "mail", "message"}}
		count(kinds) > 0
	],
}

# Clients of stores whose rules decide who sees what, without these rules.
stores_elsewhere := [{"message": sprintf("`%s` is used, and no rules of its store are among the files", [entry[0]]), "location": entry[1]} |
	count(object.get(input, "databases", [])) + count(object.get(input, "firebase", [])) == 0
	some entry in {[lower(item.name), item.location] |
		some item in object.get(input, "packages", [])
		lower(item.name) in {"@supabase/supabase-js", "@supabase/ssr", "supabase", "firebase", "firebase-admin"}
		item.direct
	}
]

old_advisories := [{"message": sprintf("the advisory data is %d days old", [age])} |
	age := input.advisories.age_days
	is_number(age)
	age > 90
]

left_out := array.concat(
	[place({"message": problem.message, "location": object.get(problem, "location", null)}) |
		some problem in input.problems
		problem.incomplete
	],
	[{"message": sprintf("%d %s file(s): code that is not analysed", [number, language])} | some language, number in input.project.coverage.unsupported],
)
