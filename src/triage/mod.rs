//! From raw hits to what is reported: exceptions with a reason, one finding per cause, stable order and identity.

pub mod baseline;
pub mod dedupe;
pub mod fold;
pub mod snippet;
pub mod suppress;
pub mod trust;
pub mod vex;
pub mod waiver;

use crate::base::{CodeContext, Finding, Problem, Severity, SourceFile};
use crate::document::Document;
use crate::options::Options;

/// Lowers what stands outside production code by one level: harm there is real but smaller. Secrets stay, since a key
/// in a test works as well as any other. What weak evidence says is not told as high.
pub fn weigh(findings: &mut [Finding]) {
    for finding in findings.iter_mut() {
        let lowered = match finding.context {
            CodeContext::Production | CodeContext::Development => continue,
            CodeContext::Test | CodeContext::Example | CodeContext::Vendored | CodeContext::Generated => {
                finding.severity.lowered()
            }
        };
        if !finding.rule.starts_with("secret/") {
            finding.severity = lowered;
        }
    }
    trust::temper(findings);
}

/// Worst first; then by place, rule and identity, so that the same input gives the same bytes.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| (std::cmp::Reverse(finding.severity), std::cmp::Reverse(finding.confidence));
        (rank(a), &a.location, &a.rule, &a.fingerprint).cmp(&(rank(b), &b.location, &b.rule, &b.fingerprint))
    });
}

/// Everything that excuses a finding: comments in the source, the waiver file, the baseline. All of it is known before
/// any of it is in force, so that `refusals` can say (index into the document's waivers, why) what is not.
pub fn except<E>(
    document: &mut Document,
    comments: &[suppress::Comment],
    known_rule: &dyn Fn(&str) -> bool,
    options: &Options,
    refusals: impl FnOnce(&Document) -> Result<(Vec<(usize, String)>, Vec<Problem>), E>,
) -> Result<Vec<Problem>, E> {
    let mut problems = Vec::new();
    let mut entries = options.waivers.as_ref().map(|text| {
        let (entries, found) = waiver::Entries::read(&SourceFile::new(waiver::NAME, text.as_str()), options.today);
        problems.extend(found);
        entries
    });
    if !options.vex.is_empty() && document.project.command == "audit" {
        let (statements, found) = vex::resolve(&options.vex, &options.vex_products, document);
        problems.extend(found);
        entries.get_or_insert_default().extend(statements);
    }
    let accepted = options.baseline.as_ref().map(|text| {
        let (accepted, found) = baseline::Baseline::read(&SourceFile::new(baseline::NAME, text.as_str()));
        problems.extend(found);
        accepted
    });
    let mut in_source = suppress::facts(comments, &document.findings);
    let mut written = entries.as_ref().map_or_else(Vec::new, |entries| {
        entries.facts(&document.findings, &document.vulnerabilities, &document.packages)
    });
    let mut of_baseline: Vec<_> = accepted.iter().map(baseline::Baseline::fact).collect();
    document.waivers = [in_source.as_slice(), &written, &of_baseline].concat();
    let (refused, found) = refusals(document)?;
    problems.extend(found);
    let mut all: Vec<_> = in_source.iter_mut().chain(&mut written).chain(&mut of_baseline).collect();
    for (at, why) in refused {
        all[at].refused.push(why);
    }
    problems.extend(suppress::apply(comments, &mut in_source, known_rule, &mut document.findings));
    if let Some(entries) = &entries {
        let (vulnerabilities, packages) = (&document.vulnerabilities, &document.packages);
        waiver::apply(entries, &mut written, &mut document.findings, vulnerabilities, packages);
        problems.extend(waiver::remarks(&written, !options.unused_exceptions));
    }
    if let (Some(accepted), Some(fact)) = (&accepted, of_baseline.first_mut()) {
        problems.extend(accepted.except(fact, document, !options.unused_exceptions));
    }
    document.waivers = [in_source, written, of_baseline].concat();
    Ok(problems)
}

/// How many findings of a severity count.
#[must_use]
pub fn count(findings: &[Finding], severity: Severity) -> usize {
    findings.iter().filter(|finding| finding.is_active() && finding.severity == severity).count()
}
