//! Package URLs (<https://github.com/package-url/purl-spec>) and the names they are made of. Qualifiers and subpaths are
//! left out: a package URL here is the key by which packages and vulnerabilities meet.

use std::fmt::Write as _;

use super::Ecosystem;

/// A name as the ecosystem itself compares it. `PyPI`: lower case, runs of `-`, `_` and `.` as one hyphen; Packagist, Hex
/// and Pub: lower case; the others are taken as written.
#[must_use]
pub fn normalize(ecosystem: Ecosystem, name: &str) -> String {
    let name = name.trim();
    match ecosystem {
        Ecosystem::PyPI => {}
        // Their registries take any case; OSV writes NuGet's as the registry does, so that only Packagist's is lowered.
        Ecosystem::Packagist | Ecosystem::Hex | Ecosystem::Pub => return name.to_lowercase(),
        _ => return name.to_owned(),
    }
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            other => normal.extend(other.to_lowercase()),
        }
    }
    normal
}

/// The name by which advisories are found: of registries that take any case and keep the one they know (NuGet, GitHub,
/// which Swift's packages and Actions come from) in lower case, of the others as [`normalize`] has it.
#[must_use]
pub fn matching_name(ecosystem: Ecosystem, name: &str) -> String {
    let name = normalize(ecosystem, name);
    match ecosystem {
        Ecosystem::NuGet | Ecosystem::GitHubActions | Ecosystem::SwiftUrl => name.to_lowercase(),
        _ => name,
    }
}

/// `pkg:type/namespace/name@version`. The name is normalised as the purl type wants it; an npm scope and the path of a
/// Go module are the namespace.
#[must_use]
pub fn purl(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> String {
    let mut name = normalize(ecosystem, name);
    if matches!(ecosystem, Ecosystem::Go) {
        name = name.to_lowercase();
    }
    if let Some((_, address)) = name.split_once("://").filter(|_| ecosystem == Ecosystem::SwiftUrl) {
        name = address.to_owned();
    }
    let mut url = String::with_capacity(name.len() + version.map_or(0, str::len) + 24);
    url.push_str("pkg:");
    url.push_str(ecosystem.purl_type());
    // Only these ecosystems have names with namespaces; elsewhere a slash is part of the (broken) name.
    let namespaced = matches!(
        ecosystem,
        Ecosystem::Go
            | Ecosystem::Npm
            | Ecosystem::Packagist
            | Ecosystem::SwiftUrl
            | Ecosystem::GitHubActions
            | Ecosystem::Docker
    );
    let segments: Vec<&str> = match ecosystem {
        Ecosystem::Maven => name.splitn(2, ':').collect(),
        _ if namespaced => name.split('/').collect(),
        _ => vec![&name],
    };
    for segment in segments {
        url.push('/');
        encode(segment, &mut url);
    }
    if let Some(version) = version.filter(|version| !version.is_empty()) {
        url.push('@');
        encode(version, &mut url);
    }
    url
}

/// Percent-encodes all but letters, digits, `.`, `-`, `_`, `~` and `:`.
fn encode(text: &str, url: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

/// Ecosystem, name and version of a package URL, qualifiers and subpath left out; `None` for other types.
#[must_use]
pub fn parse(text: &str) -> Option<(Ecosystem, String, Option<String>)> {
    let rest = text.trim().strip_prefix("pkg:")?;
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (kind, rest) = rest.trim_start_matches('/').split_once('/')?;
    let kind = kind.to_ascii_lowercase();
    let ecosystem = Ecosystem::of_purl_type(&kind)?;
    let (name, version) = match rest.rsplit_once('@') {
        // `@scope/name` is sometimes written as it is.
        Some((name, version)) if !name.is_empty() && !version.contains('/') => (name, Some(decode(version)?)),
        _ => (rest, None),
    };
    let name = decode(name.trim_matches('/'))?;
    let name = match ecosystem {
        Ecosystem::Maven => name.replacen('/', ":", 1),
        Ecosystem::SwiftUrl => format!("https://{name}"),
        _ => name,
    };
    (!name.is_empty()).then_some((ecosystem, name, version))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_follow_their_type() {
        for (ecosystem, name, version, wanted) in [
            (Ecosystem::Npm, "@Scope/name", Some("1.0.0"), "pkg:npm/%40Scope/name@1.0.0"),
            (Ecosystem::Npm, "lodash", None, "pkg:npm/lodash"),
            (Ecosystem::PyPI, "Ruamel.Yaml__clib", Some("1.0+cu118"), "pkg:pypi/ruamel-yaml-clib@1.0%2Bcu118"),
            (Ecosystem::PyPI, "x", Some("1!2.0"), "pkg:pypi/x@1%212.0"),
            (Ecosystem::CratesIo, "serde_json", Some("1.0.0"), "pkg:cargo/serde_json@1.0.0"),
            (Ecosystem::Go, "github.com/A/b/v2", Some("v2.0.0"), "pkg:golang/github.com/a/b/v2@v2.0.0"),
            (Ecosystem::RubyGems, "rails", Some("7.0.0"), "pkg:gem/rails@7.0.0"),
            (Ecosystem::Maven, "org.x:core", Some("1.0"), "pkg:maven/org.x/core@1.0"),
            (Ecosystem::Packagist, "Vendor/Name", Some("1.0"), "pkg:composer/vendor/name@1.0"),
            (Ecosystem::NuGet, "Newtonsoft.Json", Some("13.0.1"), "pkg:nuget/Newtonsoft.Json@13.0.1"),
            (Ecosystem::SwiftUrl, "https://github.com/a/b", Some("1.0"), "pkg:swift/github.com/a/b@1.0"),
            (Ecosystem::CratesIo, "a/ü", None, "pkg:cargo/a%2F%C3%BC"),
        ] {
            assert_eq!(purl(ecosystem, name, version), wanted);
            let (again, name, version) = parse(wanted).unwrap();
            assert_eq!(purl(again, &name, version.as_deref()), wanted);
        }
        assert_eq!(parse("pkg:npm/@a/b@1?x=y#z"), Some((Ecosystem::Npm, "@a/b".to_owned(), Some("1".to_owned()))));
        for text in ["", "pkg:npm", "pkg:npm/", "pkg:deb/debian/x@1", "npm/x", "pkg:npm/%zz"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
