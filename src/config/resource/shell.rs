//! Habits of shell commands, wherever commands stand: build steps of images, workflow steps, scripts of packages, hooks.
//!
//! Patterns over the text, not a shell's grammar: quotes and variables are not resolved. Each pattern is linear.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use crate::base::Span;

/// Something that a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Habit {
    /// `fetch-and-run`, `fetch-and-run-plain` (over http), `tls-off`, `world-writable`, `extra-index`, `extra-index-plain`.
    pub(super) name: &'static str,
    /// Where, relative to the text.
    pub(super) span: Span,
}

/// More habits than this of one text say nothing more.
const MAX_HABITS: usize = 20;

struct Pattern {
    name: &'static str,
    /// One of these words must occur at all.
    words: &'static [&'static str],
    regex: LazyLock<Regex>,
}

macro_rules! pattern {
    ($name:literal, [$($word:literal),+], $regex:literal) => {
        Pattern { name: $name, words: &[$($word),+], regex: LazyLock::new(|| regex($regex)) }
    };
}

pub(super) fn regex(pattern: &str) -> Regex {
    // Without Unicode classes most compile several times faster; some need them.
    let compile = |unicode| RegexBuilder::new(pattern).unicode(unicode).build();
    compile(false).or_else(|_| compile(true)).unwrap_or_else(|_| never())
}

/// Matches nothing: what stands in for a pattern that does not compile, which the tests rule out.
fn never() -> Regex {
    #[allow(clippy::unwrap_used, reason = "a constant that compiles")]
    Regex::new(r"[^\s\S]").unwrap()
}

static PATTERNS: [Pattern; 8] = [
    pattern!(
        "fetch-and-run",
        ["curl", "wget"],
        r#"(?:\bcurl|\bwget)\s(?:[^|\n;&]|&[^&\n]|\\\r?\n)*\|\s*(?:\\\r?\n\s*)?(?:sudo\s+(?:-\S+\s+)*)?(?:[A-Z_]+=\S+\s+)*(?:/usr/bin/env\s+)?(?:/usr/bin/|/bin/)?(?:(?:ba|z|da|k|a)?sh(?:\s|$|["'`);&|])|(?:python3?|node|perl|ruby)(?:\s+-)?\s*(?:$|[\n;&"'`)]))"#
    ),
    pattern!(
        "fetch-and-run",
        ["curl", "wget"],
        r#"(?:\b(?:ba|z|da|k|a)?sh\s+(?:-\w+\s+)*|\beval\s+|\bsource\s+|(?:^|\s)\.\s+)["']?(?:\$\(|<\(|`)\s*(?:curl|wget)\s[^\n)`]*"#
    ),
    pattern!(
        "fetch-and-run",
        ["iex", "IEX", "Invoke-Expression"],
        r"(?:\b(?:irm|iwr|Invoke-RestMethod|Invoke-WebRequest)\b[^|\n]*\|\s*(?:iex|IEX|Invoke-Expression)\b|\b(?:iex|IEX|Invoke-Expression)\b[^\n]*(?:DownloadString|\birm\b|\biwr\b|Invoke-WebRequest)[^\n]*)"
    ),
    pattern!("world-writable", ["chmod"], r"\bchmod\s+(?:-{1,2}[\w-]+\s+)*(?:0?777|a\+rwx|ugo\+rwx|a=rwx)\b[^\n;&|]*"),
    pattern!(
        "tls-off",
        ["curl"],
        r"\bcurl(?:\s(?:[^|\n;&]|&[^&\n]|\\\r?\n)*?)?\s(?:--insecure|-[a-zA-Z]*k[a-zA-Z]*)(?:\s[^|\n;&]*|$)"
    ),
    pattern!(
        "tls-off",
        [
            "no-check-certificate",
            "trusted-host",
            "strict-ssl",
            "sslVerify",
            "TLS_REJECT",
            "SSL_NO_VERIFY",
            "HTTPSVERIFY",
            "allow-unauthenticated"
        ],
        r"(?:\bwget\s[^\n;&|]*--no-check-certificate|--trusted-host[ =]\S+|strict-ssl[ =]+false|http\.sslVerify[ =]+(?:false|0)|NODE_TLS_REJECT_UNAUTHORIZED=[\x22']?0|GIT_SSL_NO_VERIFY=[\x22']?(?:1|true)|PYTHONHTTPSVERIFY=[\x22']?0|\bapt(?:-get)?\s[^\n;&|]*--allow-unauthenticated)"
    ),
    pattern!("extra-index", ["extra-index-url"], r"--extra-index-url[ =]\S+"),
    pattern!(
        "ad-hoc-remote",
        ["http://"],
        r#"\b(?:pip3?|npm|pnpm|yarn)\s(?:[^\n;&|])*?(?:--index-url|--registry|-i)[ =]http://[^\s"']+"#
    ),
];

/// What the commands in a text do.
pub(super) fn habits(text: &str) -> Vec<Habit> {
    let mut found: Vec<Habit> = Vec::new();
    for pattern in &PATTERNS {
        if !pattern.words.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()) {
            continue;
        }
        for hit in pattern.regex.find_iter(text).take(MAX_HABITS) {
            let command = hit.as_str();
            let here = is_local(command);
            let plain = command.contains("http://") && !here;
            let name = match pattern.name {
                "tls-off" if here || is_comment(text, hit.start()) => continue,
                _ if is_comment(text, hit.start()) => continue,
                "fetch-and-run" if here => continue,
                "fetch-and-run" if plain => "fetch-and-run-plain",
                "extra-index" if plain => "extra-index-plain",
                name => name,
            };
            let end = hit.start() + command.trim_end().trim_end_matches(['"', '\'', '`', ';', '&', '|']).len();
            found.push(Habit { name, span: Span::from_range(hit.start()..end) });
        }
    }
    found.sort_by_key(|habit| (habit.span.start, habit.name));
    found.truncate(MAX_HABITS);
    found
}

/// Whether a command only calls its own machine.
fn is_local(command: &str) -> bool {
    ["//localhost", "//127.0.0.1", "//[::1]", "//0.0.0.0", "//host.docker.internal", " localhost", " 127.0.0.1"]
        .iter()
        .any(|host| command.contains(host))
}

fn is_comment(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    text[start..at].trim_start().starts_with('#')
}

static DEV_SERVERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?:\bflask\b.*\brun\b|\bmanage\.py\s+runserver\w*|\bdjango-admin\s+runserver|\b(?:uvicorn|hypercorn|gunicorn|granian)\s.*--reload\b",
        r"|\bfastapi\s+dev\b|\b(?:npm|pnpm|yarn|bun|deno)\s+(?:run\s+|task\s+)?(?:--\S+\s+)*(?:start:dev|start-dev|dev(?:elop(?:ment)?)?(?::\w+)?)(?:\s|$)",
        r"|\b(?:next|nuxt|nuxi|astro|remix|wrangler|gatsby)\s+dev(?:elop)?\b|\bnodemon\b|\bts-node-dev\b|\btsx\s+watch\b|\bnode\s+--watch\b",
        r"|\bwebpack(?:-dev-server|\s+serve)\b|\bng\s+serve\b|\breact-scripts\s+start\b|\bvue-cli-service\s+serve\b|\bphp\s+artisan\s+serve\b",
        r"|\bphp\s+-S\s|\bexpo\s+start\b|\bpython3?\s+-m\s+http\.server\b)"
    ))
});

/// The development server that a start command runs, if it does.
pub(super) fn dev_server(command: &str) -> Option<&str> {
    if let Some(hit) = DEV_SERVERS.find(command) {
        return Some(hit.as_str().trim());
    }
    let mut words = command
        .split_whitespace()
        .skip_while(|word| matches!(*word, "npx" | "pnpx" | "bunx" | "yarn" | "pnpm" | "exec"));
    let first = words.next()?;
    let rest = words.next();
    (first == "vite" && rest.is_none_or(|word| word.starts_with('-') || matches!(word, "dev" | "serve")))
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        habits(text).iter().map(|habit| habit.name).collect()
    }

    #[test]
    fn patterns_compile() {
        for pattern in &PATTERNS {
            assert_ne!(pattern.regex.as_str(), never().as_str(), "{}", pattern.name);
        }
        assert_ne!(DEV_SERVERS.as_str(), never().as_str());
    }

    #[test]
    fn fetching_and_running() {
        for text in [
            "curl -fsSL https://get.example/install.sh | sh",
            "curl -sSL https://x.example | sudo -E bash -",
            "RUN curl -L https://x.example \\\n  | bash",
            "wget -qO- https://x.example/i.sh | sh -s -- -y",
            "bash -c \"$(curl -fsSL https://x.example)\"",
            "sh <(curl https://x.example)",
            "eval \"$(wget -qO- https://x.example)\"",
            "curl -sSL https://x.example/get.py | python3 -",
            "irm https://x.example/i.ps1 | iex",
        ] {
            assert_eq!(names(text), ["fetch-and-run"], "{text}");
        }
        assert_eq!(names("curl http://x.example/i.sh | sh"), ["fetch-and-run-plain"]);
        for text in [
            "curl https://x.example/key | gpg --dearmor -o /k",
            "curl -s https://x.example/a.json | python3 -m json.tool",
            "curl https://x.example | shasum -a 256",
            "curl https://x.example | jq .sha",
            "curl -s http://localhost:3000/x | sh",
            "# curl https://x.example | sh",
            "curl -o a.tgz https://x.example/a.tgz && tar xzf a.tgz",
        ] {
            assert!(names(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn other_habits() {
        assert_eq!(names("chmod -R 777 /app"), ["world-writable"]);
        assert_eq!(names("chmod 755 /app; chmod 1777 /tmp"), Vec::<&str>::new());
        assert_eq!(names("curl -k https://x.example"), ["tls-off"]);
        assert_eq!(names("curl -sSLk https://x.example"), ["tls-off"]);
        assert_eq!(names("curl -sSL https://x.example/-k/a"), Vec::<&str>::new());
        assert_eq!(names("curl -k https://localhost:8443/health"), Vec::<&str>::new());
        assert_eq!(names("pip install --trusted-host pypi.example x"), ["tls-off"]);
        assert_eq!(names("npm config set strict-ssl false"), ["tls-off"]);
        assert_eq!(names("pip install --extra-index-url https://a.example x"), ["extra-index"]);
    }

    #[test]
    fn development_servers() {
        for text in [
            "flask run --host 0.0.0.0",
            "python -m flask --app x run",
            "python manage.py runserver 0.0.0.0:8000",
            "uvicorn main:app --host 0.0.0.0 --reload",
            "npm run dev",
            "yarn dev --host",
            "pnpm dev",
            "npx next dev",
            "vite --host",
            "npx vite",
            "nodemon server.js",
            "npm run start:dev",
        ] {
            assert!(dev_server(text).is_some(), "{text}");
        }
        for text in [
            "gunicorn app:app",
            "uvicorn main:app --host 0.0.0.0",
            "node server.js",
            "npm run start",
            "next start",
            "vite preview",
            "npm run deploy",
            "flask db upgrade",
            "npm run devices",
        ] {
            assert!(dev_server(text).is_none(), "{text}");
        }
    }
}
