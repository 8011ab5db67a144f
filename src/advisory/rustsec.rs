//! `RustSec` advisories (the Markdown files of <https://github.com/RustSec/advisory-db>, `crates/**/*.md`) to our records,
//! by the `rustsec` crate's own types and conversion to ranges.
//!
//! That crate trusts its database: it cuts text at fixed bytes and asserts on versions at the edge of their numbers.
//! What could trip it is refused beforehand. Left out: `rust/` (the toolchain and the standard library are no packages of
//! a lockfile).

use rustsec::advisory::Advisory as Upstream;
use rustsec::osv::ranges_for_advisory;

use super::record::{Advisory, Affected, RecordError};
use crate::package::Ecosystem;
use crate::version::Event;

/// Largest advisory file read; the largest real ones are below 30 KiB.
pub const LARGEST: u64 = 1 << 20;

/// Reads one advisory file; `None` for a draft, which has no number yet.
pub fn parse(text: &[u8]) -> Result<Option<Advisory>, RecordError> {
    if text.len() as u64 > LARGEST {
        return Err(RecordError::TooLarge(LARGEST));
    }
    let text = std::str::from_utf8(text).map_err(|error| RecordError::Syntax(error.to_string()))?;
    let text = text.replace("\r\n", "\n");
    guard(&text)?;
    let upstream: Upstream = text.parse().map_err(|error: rustsec::Error| RecordError::Syntax(one_line(&error)))?;
    let id = upstream.metadata.id.to_string();
    if id.ends_with("-0000-0000") {
        return Ok(None);
    }
    if upstream.metadata.collection == Some(rustsec::Collection::Rust) {
        return Ok(None);
    }
    convert(upstream, id).sanitise(Ecosystem::CratesIo).map(Some)
}

fn convert(upstream: Upstream, id: String) -> Advisory {
    let metadata = upstream.metadata;
    let ranges = ranges_for_advisory(&upstream.versions)
        .into_iter()
        .map(|range| {
            let from = range.introduced.map_or_else(|| "0.0.0-0".to_owned(), |version| version.to_string());
            let mut events = vec![Event::Introduced(from)];
            events.extend(range.fixed.map(|version| Event::Fixed(version.to_string())));
            events
        })
        .collect();
    let (functions, platforms) = upstream.affected.map_or_else(Default::default, |affected| {
        let functions = affected.functions.keys().map(ToString::to_string).collect();
        let systems = affected.os.iter().map(|system| system.as_str().to_owned());
        let processors = affected.arch.iter().map(|processor| processor.as_str().to_owned());
        (functions, systems.chain(processors).collect())
    });
    Advisory {
        id,
        aliases: metadata.aliases.iter().map(ToString::to_string).collect(),
        published: Some(metadata.date.to_string()),
        modified: None,
        withdrawn: metadata.withdrawn.map(|date| date.to_string()),
        cvss: metadata.cvss.map(|vector| vector.to_string()).into_iter().collect(),
        score: None,
        severity: None,
        cwe: Vec::new(),
        affected: vec![Affected {
            package: metadata.package.to_string(),
            informational: metadata.informational.map(|kind| kind.as_str().to_owned()),
            functions,
            platforms,
            ranges,
            versions: Vec::new(),
        }],
    }
}

/// Refuses what the upstream parser would panic on: an odd beginning (it cuts the text for its message) and version
/// numbers near the end of 64 bits (it adds one).
fn guard(text: &str) -> Result<(), RecordError> {
    let Some(rest) = text.strip_prefix("```toml\n") else {
        return Err(RecordError::Syntax("it does not begin with TOML front matter".to_owned()));
    };
    let head = rest.find("\n```").and_then(|end| rest.get(..end)).unwrap_or(rest);
    let table: toml::Table = toml::from_str(head).map_err(|error| RecordError::Syntax(error.message().to_owned()))?;
    let versions = table.get("versions").and_then(toml::Value::as_table);
    let requirements = versions.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_array).flatten();
    let mut digits = requirements
        .filter_map(toml::Value::as_str)
        .flat_map(|requirement| requirement.split(|c: char| !c.is_ascii_digit()))
        .map(str::len);
    if digits.any(|length| length > 18) {
        return Err(RecordError::Versions("a number has more than 18 digits".to_owned()));
    }
    Ok(())
}

fn one_line(error: &rustsec::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADVISORY: &str = r#"```toml
[advisory]
id = "RUSTSEC-2099-0001"
package = "demo-crate"
date = "2099-01-02"
aliases = ["CVE-2099-0001"]
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
informational = "unsound"

[affected]
os = ["windows"]
functions = { "demo_crate::read" = ["< 1.2.3"] }

[versions]
patched = [">= 1.2.3", "~1.1.5"]
unaffected = ["< 0.9.0"]
```

# Made up

Nothing of this is real.
"#;

    #[test]
    fn reads_the_facts() {
        let record = parse(ADVISORY.as_bytes()).unwrap().unwrap();
        assert_eq!(record.id, "RUSTSEC-2099-0001");
        assert_eq!(record.aliases, ["CVE-2099-0001"]);
        assert_eq!(record.cvss.len(), 1);
        let affected = &record.affected[0];
        assert_eq!(affected.package, "demo-crate");
        assert_eq!(affected.informational.as_deref(), Some("unsound"));
        assert_eq!(affected.functions, ["demo_crate::read"]);
        assert_eq!(affected.platforms, ["windows"]);
        let hit = |version| crate::advisory::matcher::is_affected(Ecosystem::CratesIo, affected, version);
        let versions = ["0.8.9", "0.9.0", "1.1.4", "1.1.5", "1.2.0", "1.2.2", "1.2.3-rc.1", "1.2.3"];
        assert_eq!(versions.map(hit), [false, true, true, false, true, true, true, false]);
    }

    #[test]
    fn overlapping_and_hostile_files_are_refused() {
        for text in [
            "",
            "no front matter äöüäöüäöüäöüäöü",
            "```toml\n",
            &ADVISORY.replace("1.2.3", "18446744073709551615.2.3"),
            &ADVISORY.replace(">= 1.2.3", "> 1.2.18446744073709551615"),
            &ADVISORY.replace("~1.1.5", "^1.1.5"),
            &"```toml\na=".chars().chain("[".repeat(100_000).chars()).collect::<String>(),
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text:.60}");
        }
        assert_eq!(parse(ADVISORY.replace("RUSTSEC-2099-0001", "RUSTSEC-0000-0000").as_bytes()), Ok(None));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(cut in 0..ADVISORY.len(), at in 0..ADVISORY.len(), byte: u8) {
            let mut bytes = ADVISORY.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = parse(&bytes);
            let _ = parse(&bytes[..cut]);
        }
    }
}
