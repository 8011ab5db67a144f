//! `policy list` and `policy explain`: which policies there are, and all that is known of one.

mod table;

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::super::organization;
use crate::policy::bundle::Bundle;
use crate::policy::level::Level;
use crate::policy::organization::Organization;
use crate::policy::{Policy, PolicySet};

/// Arguments of `policy list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Further policies
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// Only what runs at this level: `baseline`, `standard` or `strict`
    #[arg(long)]
    pub level: Option<Level>,
    /// Only this pack
    #[arg(long)]
    pub pack: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// How to print: `text`, `json`, or `markdown` with the mappings to OWASP's lists and the ASVS
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json", "markdown"])]
    pub format: String,
}

/// Arguments of `policy explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The policy's id, such as `policy/settings/debug-enabled`
    pub id: String,
    /// Further policies
    #[arg(long, value_name = "DIR|FILE")]
    pub policy: Vec<PathBuf>,
    /// The organisation's bundle: tells what it locks and sets
    #[arg(long, visible_alias = "organisation", value_name = "SOURCE", env = "STAGECLEAR_ORGANIZATION")]
    pub organization: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn severity(policy: &Policy) -> &'static str {
    policy.metadata.severity.map_or("", |severity| severity.name())
}

/// Lists.
pub fn list(args: &ListArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let set = PolicySet::built_in()?.with_user(&args.policy)?;
    let pack = |policy: &Policy| policy.id.split('/').nth(1).unwrap_or_default().to_owned();
    if let Some(wanted) = &args.pack
        && !set.policies().iter().any(|policy| pack(policy) == *wanted)
    {
        let packs = set.packs().into_iter().collect::<Vec<_>>().join(", ");
        bail!("there is no pack `{wanted}`\nhint: there are {packs}");
    }
    let found: Vec<&Policy> = set
        .policies()
        .iter()
        .filter(|policy| args.level.is_none_or(|level| policy.level() <= level))
        .filter(|policy| args.pack.as_ref().is_none_or(|wanted| pack(policy) == *wanted))
        .collect();
    if args.format == "markdown" {
        out.write_all(table::markdown(&found).as_bytes())?;
        return Ok(0);
    }
    if args.json || args.format == "json" {
        let rows: Vec<_> = found.iter().map(|policy| json(policy)).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        return Ok(0);
    }
    let width = found.iter().map(|policy| policy.id.len()).max().unwrap_or(0);
    for policy in found {
        let (id, title, source) = (&policy.id, &policy.metadata.title, &policy.source);
        writeln!(out, "{:8}  {id:width$}  {:8}  {title} ({source})", severity(policy), policy.level().name())?;
    }
    Ok(0)
}

fn json(policy: &Policy) -> serde_json::Value {
    let metadata = &policy.metadata;
    let parameters = metadata.parameters.iter().map(|parameter| {
        serde_json::json!({
            "name": parameter.name.replace('_', "-"), "default": parameter.default, "tighter": parameter.tighter.name(),
            "description": parameter.description,
        })
    });
    serde_json::json!({
        "id": policy.id, "title": metadata.title, "severity": severity(policy), "level": policy.level().name(),
        "source": policy.source, "description": metadata.description, "cwe": metadata.cwe, "owasp": metadata.owasp,
        "asvs": metadata.asvs, "remedy": metadata.remedy, "parameters": parameters.collect::<Vec<_>>(),
        "rules": policy.rules.iter().map(|rule| &rule.query).collect::<Vec<_>>(),
    })
}

/// All of one policy.
pub fn explain(args: &ExplainArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let organization = args.organization.as_deref().filter(|named| !named.is_empty());
    let organization = organization.map(|named| organization::open(named, None, None)).transpose()?;
    let mut set = PolicySet::built_in()?;
    if let Some(organization) = &organization {
        set = set.with_organization(organization)?;
    }
    let user = if args.policy.is_empty() { Bundle::default() } else { Bundle::read(&args.policy)? };
    let set = if args.policy.is_empty() { set } else { set.with_bundle(&user)? };
    let Some(policy) = set.policies().iter().find(|policy| policy.id == args.id) else {
        match set.nearest(&args.id) {
            Some(meant) => bail!("there is no policy `{}`\nhint: did you mean `{meant}`?", args.id),
            None => bail!("there is no policy `{}`\nhint: `stageclear policy list` shows all", args.id),
        }
    };
    let mut bundles = vec![Bundle::built_in()?, user];
    bundles.extend(organization.as_ref().map(|organization| organization.bundle.clone()));
    let tests = tests(policy, &bundles);
    let (locked, values) = demanded(policy, organization.as_ref());
    if args.json {
        let mut value = json(policy);
        value["tests"] = tests.into();
        value["locked"] = locked.is_some().into();
        value["demanded"] = values.into();
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
        return Ok(0);
    }
    out.write_all(render(policy, &tests, locked.as_deref(), &values).as_bytes())?;
    Ok(0)
}

/// The names of the test rules in the file beside the policy.
fn tests(policy: &Policy, bundles: &[Bundle]) -> Vec<String> {
    let files: Vec<String> =
        policy.rules.iter().map(|rule| rule.location.path.replace(".rego", "_test.rego")).collect();
    let texts = bundles.iter().flat_map(|bundle| &bundle.modules).filter(|(path, _)| files.contains(path));
    let names = texts.flat_map(|(_, text)| text.lines()).filter(|line| line.starts_with("test_"));
    let mut names: Vec<String> =
        names.filter_map(|line| line.split([' ', ':', '[']).next()).map(str::to_owned).collect();
    names.dedup();
    names
}

/// Who locks a policy, and what is demanded of its parameters.
fn demanded(
    policy: &Policy,
    organization: Option<&Organization>,
) -> (Option<String>, serde_json::Map<String, serde_json::Value>) {
    let Some(organization) = organization else { return (None, serde_json::Map::new()) };
    let demands = &organization.demands;
    let name = if demands.name.is_empty() { &organization.source } else { &demands.name };
    let own = |name: &String| policy.metadata.parameters.iter().any(|parameter| parameter.name == *name);
    let values = demands.parameters.iter().filter(|(name, _)| own(name));
    let values = values.map(|(name, value)| (name.clone(), value.clone())).collect();
    (demands.locks(&policy.id).then(|| name.clone()), values)
}

fn render(
    policy: &Policy,
    tests: &[String],
    locked: Option<&str>,
    values: &serde_json::Map<String, serde_json::Value>,
) -> String {
    let metadata = &policy.metadata;
    let mut text = format!("{}\n{}\n\n", policy.id, metadata.title);
    let mut row = |name: &str, value: &str| {
        for (at, line) in value.trim().lines().enumerate() {
            let _ = writeln!(text, "{:12}{line}", if at == 0 { name } else { "" });
        }
    };
    row("why", &metadata.description);
    row("severity", severity(policy));
    row("level", policy.level().name());
    row("CWE", &metadata.cwe.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let (models, web): (Vec<_>, Vec<_>) = metadata.owasp.iter().cloned().partition(|name| name.starts_with("LLM"));
    row("OWASP", &web.join(", "));
    row("OWASP LLM", &models.join(", "));
    row("ASVS", &metadata.asvs.join(", "));
    row("remedy", &metadata.remedy);
    for parameter in &metadata.parameters {
        let demanded = values.get(&parameter.name).map(|value| format!(", {value} demanded")).unwrap_or_default();
        let name = parameter.name.replace('_', "-");
        let (default, tighter) = (&parameter.default, parameter.tighter.name());
        row("parameter", &format!("{name} = {default} ({tighter} is tighter{demanded}): {}", parameter.description));
    }
    for rule in &policy.rules {
        row("rule", &format!("{} {}:{}", rule.query, rule.location.path, rule.location.line));
    }
    row("tests", &if tests.is_empty() { "none".to_owned() } else { format!("{}: {}", tests.len(), tests.join(", ")) });
    row("source", &policy.source);
    row("locked", &locked.map_or_else(|| "no".to_owned(), |by| format!("by {by}: it cannot be switched off")));
    row("bad", metadata.bad.as_deref().unwrap_or_default());
    row("good", metadata.good.as_deref().unwrap_or_default());
    metadata.references.iter().for_each(|reference| row("see", reference));
    text
}
