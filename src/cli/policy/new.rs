//! `policy new`: a policy with its test, both of which run as they are.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

/// Arguments of `policy new`.
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// Its name in lower case with hyphens, such as `no-admin-routes`
    pub name: String,
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = "policies")]
    pub dir: PathBuf,
    /// What it judges
    #[arg(long, value_name = "FACT", default_value = "endpoint", value_parser = ["endpoint", "package", "setting", "finding"])]
    pub about: String,
}

/// Writes `<name>.rego` and `<name>_test.rego`; what is there already stays.
pub fn new(args: &NewArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let name = args.name.as_str();
    let fine = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.ends_with('-');
    if !fine {
        bail!("`{name}` is no name for a policy\nhint: use lower case, digits and hyphens, such as `no-admin-routes`");
    }
    let package = name.replace('-', "_");
    let sample = sample(&args.about);
    let policy = format!(
        "# METADATA\n# scope: package\n# title: {title}\n# description: >-\n#   Why this matters: what happens when it is not so.\n# custom:\n#   id: policy/own/{name}\n#   severity: medium\n#   remedy: what to do about it\npackage {package}\n\nimport data.stageclear.lib\n\ndeny contains violation if {{\n{rule}}}\n",
        title = name.replace('-', " "),
        rule = sample.rule,
    );
    let test = format!(
        "package {package}_test\n\nimport data.{package}\n\ntest_what_is_wrong_is_denied if {{\n\tcount({package}.deny) == 1 with input as {{\"{list}\": [{bad}]}}\n}}\n\ntest_what_is_right_passes if {{\n\tcount({package}.deny) == 0 with input as {{\"{list}\": [{good}]}}\n}}\n",
        list = sample.list,
        bad = sample.bad,
        good = sample.good,
    );
    std::fs::create_dir_all(&args.dir).with_context(|| format!("`{}` cannot be made", args.dir.display()))?;
    for (file, text) in [(format!("{name}.rego"), policy), (format!("{name}_test.rego"), test)] {
        let path = args.dir.join(&file);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .with_context(|| format!("`{}` is there already, or cannot be written", path.display()))?;
        file.write_all(text.as_bytes())?;
        writeln!(out, "{}", path.display())?;
    }
    writeln!(out, "next: stageclear policy test {}", args.dir.display())?;
    Ok(0)
}

struct Sample {
    list: &'static str,
    rule: &'static str,
    bad: &'static str,
    good: &'static str,
}

fn sample(about: &str) -> Sample {
    match about {
        "package" => Sample {
            list: "packages",
            rule: "\tsome entry in input.packages\n\tentry.name == \"left-pad\"\n\tviolation := {\"msg\": sprintf(\"`%s` is not used here\", [entry.name]), \"package\": entry}\n",
            bad: "{\"name\": \"left-pad\", \"location\": {\"path\": \"package-lock.json\", \"line\": 3}}",
            good: "{\"name\": \"right-pad\", \"location\": {\"path\": \"package-lock.json\", \"line\": 3}}",
        },
        "setting" => Sample {
            list: "settings",
            rule: "\tsome setting in lib.production_settings\n\tlib.leaf(setting.key) == \"DEBUG\"\n\tlib.could_be_true(setting)\n\tviolation := {\"msg\": \"`DEBUG` may be on in production\", \"setting\": setting}\n",
            bad: "{\"key\": \"DEBUG\", \"value\": {\"kind\": \"literal\", \"value\": true}, \"location\": {\"path\": \"settings.py\", \"line\": 3}}",
            good: "{\"key\": \"DEBUG\", \"value\": {\"kind\": \"literal\", \"value\": false}, \"location\": {\"path\": \"settings.py\", \"line\": 3}}",
        },
        "finding" => Sample {
            list: "findings",
            rule: "\tsome finding in input.findings\n\tstartswith(finding.rule, \"secret/\")\n\tlib.in_production(finding)\n\tviolation := {\"msg\": sprintf(\"%s: rotate it before anything else\", [finding.title]), \"finding\": finding}\n",
            bad: "{\"rule\": \"secret/stripe-secret-key\", \"title\": \"Leaked secret\", \"location\": {\"path\": \"a.py\", \"line\": 3}}",
            good: "{\"rule\": \"taint/python-xss\", \"title\": \"Markup\", \"location\": {\"path\": \"a.py\", \"line\": 3}}",
        },
        _ => Sample {
            list: "endpoints",
            rule: "\tsome endpoint in lib.production_endpoints\n\tlib.changes_state(endpoint)\n\tnot lib.asks_who(endpoint)\n\tnot lib.public_by_design(endpoint.path)\n\tviolation := {\"msg\": sprintf(\"`%s` does not ask who calls\", [lib.label(endpoint)]), \"endpoint\": endpoint}\n",
            bad: "{\"methods\": [\"POST\"], \"path\": \"/orders\", \"guards\": [], \"location\": {\"path\": \"a.py\", \"line\": 3}}",
            good: "{\"methods\": [\"POST\"], \"path\": \"/orders\", \"guards\": [{\"kind\": \"authentication\"}], \"location\": {\"path\": \"a.py\", \"line\": 3}}",
        },
    }
}
