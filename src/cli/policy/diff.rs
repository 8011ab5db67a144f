//! `policy diff`: stored audits judged again under other policies, to see who would be blocked before it is rolled out.

use std::io::{BufRead as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use rayon::prelude::*;

use super::super::fleet::Line;
use super::super::organization;
use crate::document::Document;
use crate::options::PolicyChoice;
use crate::policy::PolicySet;
use crate::policy::bundle::Bundle;

/// Arguments of `policy diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// Audit documents (`stageclear audit --format json`), files of one document a line, or folders of them
    #[arg(required = true)]
    pub documents: Vec<PathBuf>,
    /// The policies now, beside the built-in ones; none if left out
    #[arg(long, value_name = "DIR|FILE")]
    pub from: Vec<PathBuf>,
    /// The policies to come
    #[arg(long, value_name = "DIR|FILE")]
    pub to: Vec<PathBuf>,
    /// The organisation's bundle now
    #[arg(long, value_name = "SOURCE")]
    pub from_organization: Option<String>,
    /// The organisation's bundle to come
    #[arg(long, value_name = "SOURCE")]
    pub to_organization: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a change does to one stored audit.
#[derive(Debug, serde::Serialize)]
struct Row {
    name: String,
    before: bool,
    after: bool,
    score_before: Option<i64>,
    score_after: Option<i64>,
    new_violations: Vec<String>,
    gone_violations: Vec<String>,
}

/// Prints a row for each audit that changes, and the sum. The status is 1 if the change blocks one that passed.
pub fn diff(args: &DiffArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let before = set(&args.from, args.from_organization.as_deref())?;
    let after = set(&args.to, args.to_organization.as_deref())?;
    let mut rows = Vec::new();
    let judge = |text: &str, file: &Path, threads: usize| row(text, file, threads, &before, &after);
    each(&args.documents, judge, |row| {
        rows.push(row);
        Ok(())
    })?;
    if rows.is_empty() {
        bail!("there are no audit documents\nhint: `stageclear audit --format json` writes them");
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let blocked = rows.iter().filter(|row| row.before && !row.after).count();
    let freed = rows.iter().filter(|row| !row.before && row.after).count();
    if args.json {
        let summary =
            serde_json::json!({ "audits": rows.len(), "would_block": blocked, "would_free": freed, "rows": rows });
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
        return Ok(u8::from(blocked > 0));
    }
    let word = |passed: bool| if passed { "passes" } else { "fails" };
    for row in rows
        .iter()
        .filter(|row| row.before != row.after || !row.new_violations.is_empty() || !row.gone_violations.is_empty())
    {
        writeln!(out, "{}: {} → {}", row.name, word(row.before), word(row.after))?;
        row.new_violations.iter().try_for_each(|found| writeln!(out, "  + {found}"))?;
        row.gone_violations.iter().try_for_each(|found| writeln!(out, "  - {found}"))?;
    }
    writeln!(out, "would block {blocked} of {}, free {freed}", rows.len())?;
    Ok(u8::from(blocked > 0))
}

fn set(paths: &[PathBuf], organization: Option<&str>) -> anyhow::Result<PolicySet> {
    let set = PolicySet::built_in()?;
    let set = match organization {
        None => set,
        Some(named) => return under(set, named, &Bundle::read_all(paths)?),
    };
    Ok(set.with_user(paths)?)
}

/// The policies of an organisation and of a user, as far as the organisation's level and packs have them.
pub(super) fn under(set: PolicySet, named: &str, user: &Bundle) -> anyhow::Result<PolicySet> {
    let organization = organization::open(named, None, None)?;
    let set = set.with_organization(&organization)?;
    let set = if *user == Bundle::default() { set } else { set.with_bundle(user)? };
    Ok(set.choose(&PolicyChoice::default(), Some(&organization.demands))?.0)
}

fn row(text: &str, file: &Path, threads: usize, before: &PolicySet, after: &PolicySet) -> anyhow::Result<Row> {
    let (name, document) = document(text, file)?;
    let (old, new) = (before.rejudge(document.clone(), threads)?, after.rejudge(document, threads)?);
    let told = |document: &Document| -> Vec<String> {
        let active = document.findings.iter().filter(|finding| finding.is_active());
        let own = active.filter(|finding| finding.rule.starts_with("policy/"));
        own.map(|finding| format!("{} {}: {}", finding.rule, finding.location, finding.message)).collect()
    };
    let (was, is) = (told(&old), told(&new));
    let passed = |document: &Document| document.verdict.as_ref().is_some_and(|verdict| verdict.passed);
    let score = |document: &Document| document.score.as_ref().map(|score| i64::from(score.value));
    Ok(Row {
        name,
        before: passed(&old),
        after: passed(&new),
        score_before: score(&old),
        score_after: score(&new),
        new_violations: is.iter().filter(|found| !was.contains(found)).cloned().collect(),
        gone_violations: was.iter().filter(|found| !is.contains(found)).cloned().collect(),
    })
}

/// A stored audit and its name: a document, or a line that `fleet audit` wrote.
pub(super) fn document(text: &str, file: &Path) -> anyhow::Result<(String, Document)> {
    let wrong = || format!("`{}` holds something that is no audit document", file.display());
    if let Ok(Line { repository, document: Some(document), .. }) = serde_json::from_str(text) {
        return Ok((repository, document));
    }
    let document: Document = serde_json::from_str(text).with_context(wrong)?;
    Ok((document.project.name.clone(), document))
}

/// Documents in memory at once.
const AT_ONCE: usize = 64;

/// What `judge` makes of every stored audit below `paths`, in their order: many beside one another with a thread each, and
/// one that is alone with all threads.
pub(super) fn each<T: Send>(
    paths: &[PathBuf],
    judge: impl Fn(&str, &Path, usize) -> anyhow::Result<T> + Sync,
    mut take: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut waiting: Vec<(&Path, String)> = Vec::new();
    let mut flush = |waiting: &mut Vec<(&Path, String)>, threads: usize| -> anyhow::Result<()> {
        let judged = waiting.par_iter().map(|(file, text)| judge(text, file, threads));
        let judged = judged.collect::<anyhow::Result<Vec<T>>>()?;
        waiting.clear();
        judged.into_iter().try_for_each(&mut take)
    };
    let (files, mut alone) = (files(paths)?, true);
    for file in &files {
        for text in texts(file)? {
            waiting.push((file, text?));
            if waiting.len() == AT_ONCE {
                alone = false;
                flush(&mut waiting, 1)?;
            }
        }
    }
    let threads = if alone && waiting.len() == 1 { rayon::current_num_threads() } else { 1 };
    flush(&mut waiting, threads)
}

fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.retain(|path| path.extension().is_some_and(|end| end == "json" || end == "jsonl") && path.is_file());
        inside.sort();
        found.append(&mut inside);
    }
    Ok(found)
}

/// The documents in a file: one, or one a line, read as they are asked for.
fn texts(file: &Path) -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<String>> + '_>> {
    let failed = || format!("`{}` cannot be read", file.display());
    if file.extension().is_none_or(|extension| extension != "jsonl") {
        let text = std::fs::read_to_string(file).with_context(failed);
        return Ok(Box::new(std::iter::once(text)));
    }
    let reader = std::io::BufReader::new(std::fs::File::open(file).with_context(failed)?);
    let unread = |line: &str| line.contains("\"error\":") && !line.contains("\"document\":{");
    let lines =
        reader.lines().filter(move |line| line.as_ref().map_or(true, |line| !line.trim().is_empty() && !unread(line)));
    Ok(Box::new(lines.map(move |line| line.with_context(failed))))
}
