//! What policies say of the facts, and at the end of everything: reading them, judging, gate and checklist.

use std::num::NonZeroUsize;

use super::{Mode, PipelineError, Progress, order, packages};
use crate::base::{Problem, ProblemKind};
use crate::document::{Document, Verdict};
use crate::options::{Only, Options};
use crate::policy::choice::Chosen;
use crate::policy::organization::Organization;
use crate::policy::{PolicyError, PolicySet};

/// The built-in policies, the organisation's and the project's, and which of them were chosen.
pub(super) fn load(organization: Option<&Organization>, options: &Options) -> Result<(PolicySet, Chosen), PolicyError> {
    let policies = PolicySet::built_in()?;
    let policies = match organization {
        Some(organization) => policies.with_organization(organization)?,
        None => policies,
    };
    let demands = organization.map(|organization| &organization.demands);
    policies.with_user(&options.policies)?.choose(&options.choice, demands)
}

/// Policies over the facts.
pub(super) fn judge(
    document: &mut Document,
    policies: &mut PolicySet,
    options: &Options,
    progress: &dyn Progress,
) -> Result<(), PipelineError> {
    progress.stage("judging", 1);
    order(document);
    // Without the rest of the project nothing can be said about what it lacks.
    let about = |rule: &str| !options.only(Only::Dependencies) || packages::is_about_dependencies(rule);
    let threads = options.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get));
    let judgement = policies.judge_about(document, about, threads)?;
    document.findings.extend(judgement.findings);
    document.policies.extend(judgement.results);
    document.problems.extend(judgement.problems);
    progress.step();
    Ok(())
}

/// Release gate and score.
pub(super) fn gate(
    document: &mut Document,
    policies: &mut PolicySet,
    options: &Options,
    mode: Mode,
) -> Result<(), PipelineError> {
    let gate = match policies.gate(document) {
        // So many findings that no policy gets through them: a verdict all the same, and never a good one.
        Err(PolicyError::Limit(_)) if options.policies.is_empty() => {
            let message = "the release gate could not be judged within its time limit";
            document.problems.push(Problem::incomplete(ProblemKind::Policy, None, message));
            let reasons = vec![message.to_owned()];
            document.verdict = Some(Verdict { passed: false, incomplete: true, reasons });
            order(document);
            return Ok(());
        }
        gate => gate?,
    };
    document.verdict = Some(gate.verdict);
    document.score = gate.score.filter(|_| mode == Mode::Audit);
    order(document);
    Ok(())
}

/// The questions before a release, answered from all that was found.
pub(super) fn checklist(document: &mut Document, policies: &PolicySet, options: &Options) -> Result<(), PipelineError> {
    match policies.checklist(document) {
        Ok((checklist, problems)) => {
            document.checklist = Some(checklist);
            document.problems.extend(problems);
        }
        Err(error) if options.policies.is_empty() => {
            let message = format!("the checklist could not be answered: {error}").replace('\n', " ");
            document.problems.push(Problem::incomplete(ProblemKind::Policy, None, message));
        }
        Err(error) => return Err(error.into()),
    }
    order(document);
    Ok(())
}
