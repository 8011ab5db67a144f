//! `fleet report`: lines of `fleet audit`, from one machine or many, as one picture.

mod parquet;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;

use super::super::{Exit, print};
use super::Line;
use crate::base::{Severity, SuppressionKind};
use crate::document::{Document, PolicyOutcome};
use crate::report::escape;

/// Days before its end from which a waiver is listed.
const SOON: i64 = 30;
/// Rules that are listed.
const TOP: usize = 20;

/// Arguments of `fleet report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Files of `fleet audit`
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Files of an earlier run, to compare with
    #[arg(long, value_name = "FILE")]
    pub before: Vec<PathBuf>,
    /// `table`, `markdown`, `html`, `csv`, `json` or `parquet`
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "markdown", "html", "csv", "json", "parquet"])]
    pub format: String,
    /// With `parquet`: a row for each of these
    #[arg(long, value_name = "NAME", default_value = "repositories", value_parser = parquet::TABLES)]
    pub table: String,
    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What is kept of one audit.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Row {
    repository: String,
    verdict: &'static str,
    score: Option<u32>,
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    excused: u64,
    incomplete: bool,
    change: String,
    error: String,
}

/// Everything that is shown.
#[derive(Debug, Default, Serialize)]
struct Fleet {
    repositories: Vec<Row>,
    /// Policies that deny somewhere: how many repositories, how many violations.
    policies: BTreeMap<String, (u64, u64)>,
    /// Rules with active findings: how many repositories, how many findings.
    rules: BTreeMap<String, (u64, u64)>,
    /// Waivers that end within a month, or are over: until, repository, what, owner.
    waivers: Vec<(String, String, String, String)>,
}

/// Reads the files and prints the report.
pub fn run(arguments: &ReportArgs) -> anyhow::Result<Exit> {
    let mut before: BTreeMap<String, Row> = BTreeMap::new();
    for file in &arguments.before {
        each(file, &mut |line| {
            before.insert(line.repository.clone(), row(&line));
            Ok(())
        })?;
    }
    let mut table = match (arguments.format.as_str(), &arguments.output) {
        ("parquet", Some(path)) => Some(parquet::Table::create(path, &arguments.table)?),
        ("parquet", None) => bail!("Parquet is no text\nhint: name a file with --output"),
        _ => None,
    };
    let mut fleet = Fleet::default();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for file in &arguments.files {
        each(file, &mut |line| {
            if let Some(document) = &line.document {
                fleet.add(&line.repository, document);
            }
            if let Some(table) = &mut table {
                table.line(&line)?;
            }
            rows.insert(line.repository.clone(), row(&line));
            Ok(())
        })?;
    }
    if rows.is_empty() {
        bail!("there are no audits in these files\nhint: `stageclear fleet audit` writes them");
    }
    for row in rows.values_mut().filter(|_| !arguments.before.is_empty()) {
        row.change = change(before.get(&row.repository), row);
    }
    fleet.repositories = rows.into_values().collect();
    fleet.waivers.sort();
    if let Some(mut table) = table {
        if arguments.table == "repositories" {
            fleet.repositories.iter().for_each(|row| table.repository(row));
        }
        table.finish()?;
        return Ok(Exit::Passed);
    }
    let text = match arguments.format.as_str() {
        "json" => serde_json::to_string_pretty(&fleet).context("the report cannot be written as JSON")? + "\n",
        "csv" => fleet.csv(),
        "html" => fleet.html(),
        "markdown" => fleet.markdown(),
        _ => fleet.table(),
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("`{}` cannot be written", path.display()))?,
        None => print(&text)?,
    }
    Ok(Exit::Passed)
}

/// Calls `take` for every line of a file; one line is in memory at a time.
fn each(file: &Path, take: &mut dyn FnMut(Line) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let failed = || format!("`{}` cannot be read", file.display());
    for (at, line) in BufReader::new(std::fs::File::open(file).with_context(failed)?).lines().enumerate() {
        let line = line.with_context(failed)?;
        if !line.trim().is_empty() {
            let wrong = || format!("line {} of `{}` is none of `fleet audit`", at + 1, file.display());
            take(serde_json::from_str(&line).with_context(wrong)?)?;
        }
    }
    Ok(())
}

fn row(line: &Line) -> Row {
    let repository = line.repository.clone();
    let Some(document) = &line.document else {
        let error = line.error.clone().unwrap_or_default();
        return Row { repository, verdict: "error", error, ..Row::default() };
    };
    let count = |severity: Severity| crate::triage::count(&document.findings, severity) as u64;
    let verdict = document.verdict.as_ref();
    Row {
        repository,
        verdict: if verdict.is_some_and(|verdict| verdict.passed) { "pass" } else { "fail" },
        score: document.score.as_ref().map(|score| score.value),
        critical: count(Severity::Critical),
        high: count(Severity::High),
        medium: count(Severity::Medium),
        low: count(Severity::Low),
        excused: document.project.coverage.suppressed,
        incomplete: verdict.is_some_and(|verdict| verdict.incomplete),
        ..Row::default()
    }
}

fn change(before: Option<&Row>, now: &Row) -> String {
    let Some(before) = before else { return "new".to_owned() };
    let mut told = Vec::new();
    if before.verdict != now.verdict {
        told.push(format!("{} → {}", before.verdict, now.verdict));
    }
    if let (Some(was), Some(is)) = (before.score, now.score)
        && was != is
    {
        told.push(format!("{:+}", i64::from(is) - i64::from(was)));
    }
    told.join(", ")
}

/// A table: its title, the heads of its columns, its rows.
type Titled = (&'static str, Vec<&'static str>, Vec<Vec<String>>);

impl Fleet {
    fn add(&mut self, repository: &str, document: &Document) {
        for policy in document.policies.iter().filter(|policy| policy.outcome == PolicyOutcome::Deny) {
            let known = self.policies.entry(policy.rule.clone()).or_default();
            *known = (known.0 + 1, known.1 + policy.violations);
        }
        let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in document.findings.iter().filter(|finding| finding.is_active()) {
            *rules.entry(&finding.rule).or_default() += 1;
        }
        for (rule, count) in rules {
            let known = self.rules.entry(rule.to_owned()).or_default();
            *known = (known.0 + 1, known.1 + count);
        }
        for waiver in document.waivers.iter().filter(|waiver| waiver.kind == SuppressionKind::Waiver) {
            if let Some(until) = waiver.expires.as_ref().filter(|_| waiver.days_left.is_some_and(|days| days <= SOON)) {
                self.waivers.push((until.clone(), repository.to_owned(), waiver.names(), waiver.owner.clone()));
            }
        }
    }

    /// Head and rows of every table that has rows.
    fn tables(&self) -> Vec<Titled> {
        let score = |row: &Row| row.score.map_or_else(String::new, |score| score.to_string());
        let repositories = self.repositories.iter().map(|row| {
            let numbers = [row.critical, row.high, row.medium, row.low, row.excused].map(|number| number.to_string());
            let verdict = if row.incomplete { format!("{}, incomplete", row.verdict) } else { row.verdict.to_owned() };
            let note = if row.error.is_empty() { row.change.clone() } else { row.error.clone() };
            [vec![row.repository.clone(), verdict, score(row)], numbers.to_vec(), vec![note]].concat()
        });
        let all = self.repositories.len();
        let policies = ranked(&self.policies).into_iter().map(|(rule, (repositories, violations))| {
            vec![rule, format!("{repositories} of {all}"), violations.to_string()]
        });
        let rules = ranked(&self.rules).into_iter().take(TOP).map(|(rule, (repositories, findings))| {
            vec![rule, format!("{repositories} of {all}"), findings.to_string()]
        });
        let waivers = self.waivers.iter().map(|(until, repository, what, owner)| {
            vec![until.clone(), repository.clone(), what.clone(), owner.clone()]
        });
        let mut tables = vec![
            (
                "Repositories",
                vec!["repository", "verdict", "score", "critical", "high", "medium", "low", "excused", "note"],
                repositories.collect::<Vec<_>>(),
            ),
            ("Policies that deny", vec!["policy", "repositories", "violations"], policies.collect()),
            ("Most frequent findings", vec!["rule", "repositories", "findings"], rules.collect()),
            ("Waivers that end", vec!["until", "repository", "what", "owner"], waivers.collect()),
        ];
        tables.retain(|(_, _, rows)| !rows.is_empty());
        tables
    }

    fn summary(&self) -> String {
        let count = |verdict: &str| self.repositories.iter().filter(|row| row.verdict == verdict).count();
        let scores: Vec<u32> = self.repositories.iter().filter_map(|row| row.score).collect();
        let mean = scores.iter().sum::<u32>().checked_div(u32::try_from(scores.len()).unwrap_or(1));
        let mean = mean.map_or_else(String::new, |mean| format!(", mean score {mean}"));
        let (all, passed, failed) = (self.repositories.len(), count("pass"), count("fail"));
        format!("{passed} of {all} repositories pass, {failed} fail, {} could not be audited{mean}", count("error"))
    }

    fn table(&self) -> String {
        let mut out = String::new();
        for (title, columns, rows) in self.tables() {
            let mut builder = tabled::builder::Builder::default();
            builder.push_record(columns);
            for row in rows {
                builder.push_record(row.iter().map(|cell| escape::line(cell, 120)));
            }
            let mut table = builder.build();
            table.with(tabled::settings::Style::rounded());
            let _ = writeln!(out, "{title}\n{table}\n");
        }
        let _ = writeln!(out, "{}", self.summary());
        out
    }

    fn markdown(&self) -> String {
        let mut out = format!("# Fleet\n\n{}\n\n", self.summary());
        for (title, columns, rows) in self.tables() {
            let _ = writeln!(out, "## {title}\n\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
            for row in rows {
                let cells: Vec<String> = row.iter().map(|cell| escape::markdown(cell).replace('|', "\\|")).collect();
                let _ = writeln!(out, "| {} |", cells.join(" | "));
            }
            out.push('\n');
        }
        out
    }

    fn html(&self) -> String {
        let mut body = format!("<p>{}</p>\n", escape::html(&self.summary()));
        for (title, columns, rows) in self.tables() {
            let _ = writeln!(body, "<h2>{title}</h2>\n<div class=\"wide\">\n<table>\n<thead><tr>");
            let heads: Vec<String> = columns.iter().map(|name| format!("<th>{name}</th>")).collect();
            let _ = write!(body, "{}</tr></thead>\n<tbody>\n", heads.concat());
            for row in rows {
                let cells: Vec<String> = row.iter().map(|cell| format!("<td>{}</td>", escape::html(cell))).collect();
                let _ = writeln!(body, "<tr>{}</tr>", cells.concat());
            }
            body.push_str("</tbody>\n</table>\n</div>\n");
        }
        let tool = crate::document::Tool { name: String::new(), version: env!("CARGO_PKG_VERSION").to_owned() };
        let project = crate::document::Project { name: "fleet".to_owned(), ..Default::default() };
        crate::report::html::page(&Document { tool, project, ..Document::default() }, "Fleet", &body)
    }

    /// One row a repository (RFC 4180).
    fn csv(&self) -> String {
        let mut out =
            "repository,verdict,score,critical,high,medium,low,excused,incomplete,change,error\r\n".to_owned();
        for row in &self.repositories {
            let cells = [
                row.repository.clone(),
                row.verdict.to_owned(),
                row.score.map_or_else(String::new, |score| score.to_string()),
                row.critical.to_string(),
                row.high.to_string(),
                row.medium.to_string(),
                row.low.to_string(),
                row.excused.to_string(),
                row.incomplete.to_string(),
                row.change.clone(),
                row.error.clone(),
            ];
            let cells: Vec<String> = cells.iter().map(|cell| cell_of_csv(cell)).collect();
            let _ = write!(out, "{}\r\n", cells.join(","));
        }
        out
    }
}

/// A cell that no spreadsheet takes for a formula.
fn cell_of_csv(text: &str) -> String {
    let text: String = text.chars().filter(|char| !char.is_control()).collect();
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text };
    if text.contains([',', '"', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The most repositories first, then the most hits.
fn ranked(counts: &BTreeMap<String, (u64, u64)>) -> Vec<(String, (u64, u64))> {
    let mut rows: Vec<_> = counts.iter().map(|(rule, counts)| (rule.clone(), *counts)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_harmless() {
        for (text, wanted) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=cmd()", "\"'=cmd()\""),
            ("a\r\nb", "ab"),
        ] {
            assert_eq!(cell_of_csv(text), wanted);
        }
    }

    #[test]
    fn changes_are_told() {
        let row = |verdict, score| Row { verdict, score, ..Row::default() };
        assert_eq!(change(None, &row("pass", Some(9))), "new");
        assert_eq!(change(Some(&row("fail", Some(40))), &row("pass", Some(90))), "fail → pass, +50");
        assert_eq!(change(Some(&row("pass", Some(90))), &row("pass", Some(90))), "");
    }
}
