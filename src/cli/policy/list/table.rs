//! Policies as a page of documentation: by pack with level and severity, and what OWASP's lists and the ASVS ask for with
//! the policies that look at it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::policy::{Policy, asvs};

/// OWASP's lists by how their ids begin or end, as they are told apart here.
const LISTS: [(&str, &str); 3] = [
    ("OWASP Top 10 for LLM applications, 2025", "LLM"),
    ("OWASP API Security Top 10, 2023", "API"),
    ("OWASP Top 10, 2021", "A"),
];

/// What each item of a list is called.
const ITEMS: [(&str, &str); 30] = [
    ("LLM01", "Prompt Injection"),
    ("LLM02", "Sensitive Information Disclosure"),
    ("LLM03", "Supply Chain"),
    ("LLM04", "Data and Model Poisoning"),
    ("LLM05", "Improper Output Handling"),
    ("LLM06", "Excessive Agency"),
    ("LLM07", "System Prompt Leakage"),
    ("LLM08", "Vector and Embedding Weaknesses"),
    ("LLM09", "Misinformation"),
    ("LLM10", "Unbounded Consumption"),
    ("API1", "Broken Object Level Authorization"),
    ("API2", "Broken Authentication"),
    ("API3", "Broken Object Property Level Authorization"),
    ("API4", "Unrestricted Resource Consumption"),
    ("API5", "Broken Function Level Authorization"),
    ("API6", "Unrestricted Access to Sensitive Business Flows"),
    ("API7", "Server Side Request Forgery"),
    ("API8", "Security Misconfiguration"),
    ("API9", "Improper Inventory Management"),
    ("API10", "Unsafe Consumption of APIs"),
    ("A01", "Broken Access Control"),
    ("A02", "Cryptographic Failures"),
    ("A03", "Injection"),
    ("A04", "Insecure Design"),
    ("A05", "Security Misconfiguration"),
    ("A06", "Vulnerable and Outdated Components"),
    ("A07", "Identification and Authentication Failures"),
    ("A08", "Software and Data Integrity Failures"),
    ("A09", "Security Logging and Monitoring Failures"),
    ("A10", "Server-Side Request Forgery"),
];

/// The page.
pub(super) fn markdown(policies: &[&Policy]) -> String {
    let mut out = "# Policies by pack, and what they look at\n\nWritten by `stageclear policy list --format markdown`. \
                   `stageclear policy explain ID` tells all about one; [`policies.md`](policies.md) how levels are chosen.\n"
        .to_owned();
    let mut packs: BTreeMap<&str, Vec<&Policy>> = BTreeMap::new();
    for policy in policies {
        packs.entry(policy.id.split('/').nth(1).unwrap_or_default()).or_default().push(policy);
    }
    for (pack, policies) in &packs {
        let _ = write!(out, "\n## {pack}\n\n| policy | level | severity | what it reports |\n|---|---|---|---|\n");
        for policy in policies {
            let (name, title) = (short(policy), cell(&policy.metadata.title));
            let _ = writeln!(out, "| `{name}` | {} | {} | {title} |", policy.level().name(), super::severity(policy));
        }
    }
    for (title, start) in LISTS {
        let mut items: BTreeMap<(usize, &str), Vec<&Policy>> = BTreeMap::new();
        for policy in policies {
            for id in &policy.metadata.owasp {
                let item = id.split(':').next().unwrap_or(id);
                if let Some(at) = ITEMS.iter().position(|(known, _)| *known == item && list_of(known) == start) {
                    items.entry((at, id)).or_default().push(policy);
                }
            }
        }
        let rows = items.iter().map(|((at, id), found)| (format!("{id} {}", ITEMS[*at].1), names(found)));
        section(&mut out, title, "item", rows.collect());
    }
    for (version, title) in [("v5.0.0", "OWASP ASVS 5.0.0"), ("v4.0.3", "OWASP ASVS 4.0.3")] {
        let mut chapters: BTreeMap<(usize, &str), BTreeMap<&str, Vec<&Policy>>> = BTreeMap::new();
        for policy in policies {
            for id in &policy.metadata.asvs {
                if let Some((_, number, name)) = asvs::chapter(id).filter(|(known, ..)| *known == version) {
                    let (_, bare) = id.split_once('-').unwrap_or(("", id));
                    chapters.entry((number, name)).or_default().entry(bare).or_default().push(policy);
                }
            }
        }
        let rows = chapters.iter().flat_map(|((number, name), requirements)| {
            let mut sorted: Vec<_> = requirements.iter().collect();
            sorted.sort_by_key(|(id, _)| id.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>());
            let row = move |(id, found): (&&str, &Vec<&Policy>)| (format!("V{number} {name} · {id}"), names(found));
            sorted.into_iter().map(row).collect::<Vec<_>>()
        });
        section(&mut out, title, "chapter and requirement", rows.collect());
    }
    out
}

/// How the ids of an item's list begin.
fn list_of(item: &str) -> &'static str {
    LISTS.iter().map(|(_, start)| *start).find(|start| item.starts_with(start)).unwrap_or("")
}

fn section(out: &mut String, title: &str, head: &str, rows: Vec<(String, String)>) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(out, "\n## {title}\n\n| {head} | policies |\n|---|---|\n");
    for (name, policies) in rows {
        let _ = writeln!(out, "| {name} | {policies} |");
    }
}

fn names(policies: &[&Policy]) -> String {
    policies.iter().map(|policy| format!("`{}`", short(policy))).collect::<Vec<_>>().join(", ")
}

fn short(policy: &Policy) -> &str {
    policy.id.strip_prefix("policy/").unwrap_or(&policy.id)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use crate::policy::PolicySet;

    /// `STAGECLEAR_BLESS=1` writes the page anew.
    #[test]
    fn the_page_is_current() {
        let set = PolicySet::built_in().unwrap();
        let text = super::markdown(&set.policies().iter().collect::<Vec<_>>());
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy-list.md");
        if std::env::var_os("STAGECLEAR_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "docs/policy-list.md is stale: run the test with STAGECLEAR_BLESS=1");
        for policy in set.policies() {
            for id in &policy.metadata.owasp {
                let item = id.split(':').next().unwrap_or(id);
                assert!(super::ITEMS.iter().any(|(known, _)| *known == item), "{}: {id}", policy.id);
            }
        }
    }
}
