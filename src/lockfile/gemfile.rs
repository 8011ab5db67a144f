//! `Gemfile` and `*.gemspec` (<https://bundler.io/man/gemfile.5.html>, the specification reference of RubyGems):
//! the literal calls of `gem` and `add_dependency`, line by line. They are Ruby programs: what they compute is left out.
//!
//! Beside a `Gemfile.lock` the `Gemfile` tells which gems are for development alone.

use super::{Extract, LockfileParser, Siblings, entry, origin, place};
use crate::base::SourceFile;
use crate::package::{Ecosystem, Package, PackageSource, Scope};
use crate::version::Scheme;

/// Reads Ruby's manifests.
pub(super) struct Gemfile;

impl LockfileParser for Gemfile {
    fn name(&self) -> &'static str {
        "Gemfile"
    }

    fn matches(&self, path: &str) -> bool {
        let name = place::file_name(path);
        matches!(name, "Gemfile" | "gems.rb") || is_gemspec(name)
    }

    fn parse(&self, file: &SourceFile, siblings: Siblings<'_>) -> Extract {
        let locks = ["Gemfile.lock", "gems.locked"];
        let beside = |name: &&str| place::join(place::folder(file.path()), name).and_then(|path| siblings(&path));
        let packages = if locks.iter().any(|name| beside(name).is_some()) { Vec::new() } else { wanted(file) };
        Extract { packages, problems: Vec::new() }
    }

    fn declared(&self, file: &SourceFile) -> Option<Vec<Package>> {
        Some(wanted(file)).filter(|packages| !packages.is_empty())
    }
}

fn is_gemspec(name: &str) -> bool {
    name.len() > ".gemspec".len() && name.strip_suffix(".gemspec").is_some()
}

/// Everything that the file asks for, in file order.
pub(super) fn wanted(file: &SourceFile) -> Vec<Package> {
    let spec = is_gemspec(place::file_name(file.path()));
    let mut packages = Vec::new();
    // Blocks that are open: of a group, its scope.
    let mut blocks: Vec<Option<Scope>> = Vec::new();
    for (start, line) in entry::lines(file.text()) {
        let code = without_comment(line);
        let call = if spec { spec_call(code) } else { code.strip_prefix("gem").map(|rest| (rest, Scope::Runtime)) };
        if let Some((arguments, scope)) = call.filter(|(rest, _)| rest.starts_with([' ', '(', '\t'])) {
            let grouped = blocks.iter().rev().flatten().next().copied();
            packages.extend(gem(file, start, arguments, grouped.unwrap_or(scope)));
            continue;
        }
        if code == "end" || code.starts_with("end ") {
            blocks.pop();
        } else if code.ends_with(" do") || code.contains(" do |") {
            blocks.push(code.strip_prefix("group").map(|rest| group(rest.trim_end_matches(" do"))));
        } else if ["if ", "unless ", "case ", "begin", "def "].iter().any(|word| code.starts_with(word)) {
            blocks.push(None);
        }
    }
    packages
}

/// `spec.add_development_dependency "x"`.
fn spec_call(code: &str) -> Option<(&str, Scope)> {
    let (_, call) = code.split_once(".add_")?;
    [("development_dependency", Scope::Dev), ("runtime_dependency", Scope::Runtime), ("dependency", Scope::Runtime)]
        .into_iter()
        .find_map(|(name, scope)| Some((call.strip_prefix(name)?, scope)))
}

/// What groups of names are for: development alone if all of them are.
fn group(names: &str) -> Scope {
    const DEV: [&str; 8] = ["development", "test", "ci", "lint", "doc", "docs", "dev", "tools"];
    let symbol = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found =
        names.split(|c: char| !symbol(c)).filter(|name| !name.is_empty() && *name != "optional" && *name != "true");
    let mut any = false;
    let dev = found.all(|name| {
        any = true;
        DEV.contains(&name)
    });
    if dev && any { Scope::Dev } else { Scope::Runtime }
}

fn gem(file: &SourceFile, start: usize, arguments: &str, scope: Scope) -> Option<Package> {
    let arguments = arguments.trim().trim_start_matches('(').trim_end_matches(')');
    let mut texts: Vec<&str> = Vec::new();
    let mut options = "";
    for part in arguments.split(',') {
        let part = part.trim().trim_start_matches(['[', '(']).trim_end_matches([']', ')', '.']);
        let Some(text) = quoted(part) else {
            options = &arguments[part.as_ptr() as usize - arguments.as_ptr() as usize..];
            break;
        };
        texts.push(text);
    }
    let (name, ranges) = texts.split_first()?;
    let usable = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(usable) {
        return None;
    }
    let option = |key: &str| {
        let at =
            [format!("{key}:"), format!(":{key} =>")].iter().find_map(|key| Some(options.find(key)? + key.len()))?;
        Some(options[at..].trim_start())
    };
    let source = match (option("path"), option("git").or(option("github"))) {
        // A folder of the project.
        (Some(_), _) => return None,
        (_, Some(value)) => {
            let value = value.split(',').next().and_then(|value| quoted(value.trim())).unwrap_or("");
            PackageSource::Git(origin::without_credentials(value))
        }
        _ => PackageSource::Registry,
    };
    let scope = option("group").or(option("groups")).map_or(scope, |names| {
        let end = if names.starts_with('[') { names.find(']') } else { names.find(',') };
        group(&names[..end.unwrap_or(names.len())])
    });
    let range = ranges.join(", ");
    let exact = ranges.first().filter(|_| ranges.len() == 1).map(|text| text.trim().trim_start_matches('=').trim());
    let exact = exact.filter(|text| text.starts_with(|c: char| c.is_ascii_digit()) && Scheme::RubyGems.is_valid(text));
    let package = entry::at(file, Ecosystem::RubyGems, name, exact, start);
    let range = Some(range.as_str()).filter(|range| !range.is_empty());
    Some(Package { source, ..entry::direct(package, scope, range) })
}

/// The text of a literal that is nothing else.
fn quoted(part: &str) -> Option<&str> {
    let quote = part.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let inner = part[1..].strip_suffix(quote).or_else(|| part[1..].strip_suffix(".freeze")?.strip_suffix(quote))?;
    (!inner.contains(quote) && !inner.contains("#{")).then_some(inner)
}

/// The line up to a `#` outside quotes.
fn without_comment(line: &str) -> &str {
    let mut open = None;
    for (at, byte) in line.bytes().enumerate() {
        match (open, byte) {
            (None, b'#') => return line[..at].trim_end(),
            (None, b'"' | b'\'') => open = Some(byte),
            (Some(quote), _) if quote == byte => open = None,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_calls_are_read() {
        let text = "source \"https://registry.example\"\nruby '3.3.0'\ngem \"rails\", \"~> 7.1\", \">= 7.1.2\"\ngem 'pg', '1.5.4' # db\n\
            gem \"own\", path: \"../own\"\ngem 'fork', git: 'https://u:p@git.example/f.git', tag: 'v1'\n\
            group :development, :test do\n  gem \"rspec\"\n  if x\n    gem 'debug', group: :default\n  end\nend\ngem \"puma\"\n\
            gem name\ngem \"a#{b}\"\ngem 'web-console', groups: [:development]\n";
        let file = SourceFile::new("Gemfile", text);
        let found: Vec<String> = wanted(&file)
            .iter()
            .map(|p| {
                format!(
                    "{} {:?} {:?} {:?} {}",
                    p.label(),
                    p.requirement.as_deref().unwrap_or(""),
                    p.scope,
                    p.source,
                    p.location.line
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "rails \"~> 7.1, >= 7.1.2\" Runtime Registry 3",
                "pg@1.5.4 \"1.5.4\" Runtime Registry 4",
                "fork \"\" Runtime Git(\"https://git.example/f.git\") 6",
                "rspec \"\" Dev Registry 8",
                "debug \"\" Runtime Registry 10",
                "puma \"\" Runtime Registry 13",
                "web-console \"\" Dev Registry 16",
            ]
        );
    }

    #[test]
    fn specifications_are_read() {
        let text = "Gem::Specification.new do |s|\n  s.add_dependency \"rack\", \"~> 3.0\"\n  s.add_development_dependency('rake', ['= 13.0.6'])\nend\n";
        let found = wanted(&SourceFile::new("a.gemspec", text));
        let found: Vec<(String, Scope)> = found.iter().map(|p| (p.label(), p.scope)).collect();
        assert_eq!(found, [("rack".to_owned(), Scope::Runtime), ("rake@13.0.6".to_owned(), Scope::Dev)]);
    }
}
