//! The organisation's layer: a signed or pinned bundle of policies that a repository can add to and never loosen.
//!
//! A bundle has [OPA's form](https://www.openpolicyagent.org/docs/management-bundles): a folder or `.tar.gz` of `.rego`
//! files and `data.json`/`data.yaml` documents, a `.manifest` with `revision` and `roots`, and a `.signatures.json`.
//! What the organisation demands stands in its document `data.organization` ([`Demands`]); the bundle's packages and
//! documents are its own, so that a repository can neither replace nor extend them.
//!
//! [`Organization::tighten`] lays the demands over a repository's options. What asked for less is put right and
//! written down as an [`Attempt`], which `policies/release-gate/loosened.rego` turns into a finding.
//!
//! Left out: bundles from git and OCI registries (fetch them with the client at hand and name the file), delta bundles,
//! wasm.

mod archive;
mod demands;
mod signature;

pub use archive::{Archive, ArchiveError};
pub use demands::{Asked, Demands};
pub use signature::{Key, SignatureError, sign, verify};

use thiserror::Error;

use super::bundle::Bundle;
use super::error::PolicyError;
use crate::base::{Problem, ProblemKind};
use crate::document::{Attempt, OrganizationFact};

/// The name of the document, and of the packages, that only an organisation's bundle may define.
pub const DOCUMENT: &str = "organization";

/// Why an organisation's policy is not in force. The audit does not run without it (exit 3).
#[derive(Debug, Error)]
pub enum OrganizationError {
    /// It could not be had.
    #[error("the organisation's policy cannot be read from `{from}`: {why}\nhint: {hint}")]
    Unreachable {
        /// Where it should be.
        from: String,
        /// What happened.
        why: String,
        /// What to do.
        hint: &'static str,
    },
    /// It is no bundle.
    #[error(
        "the organisation's policy is broken: {0}\nhint: ask who keeps the bundle; `stageclear policy verify` shows the same"
    )]
    Archive(#[from] ArchiveError),
    /// It is not what it should be.
    #[error("the organisation's policy is not trusted: {0}\nhint: ask who keeps the bundle; do not audit without it")]
    Signature(#[from] SignatureError),
    /// It is not the pinned one.
    #[error(
        "the organisation's policy has the digest {found}, and {by} pins {wanted}\nhint: if the change is meant, pin the new digest with `stageclear policy lock`"
    )]
    Digest {
        /// Of the bundle at hand.
        found: String,
        /// What was asked for.
        wanted: String,
        /// Who asked for it.
        by: String,
    },
    /// What it demands is not understood.
    #[error("the organisation's `data.{DOCUMENT}` is wrong: {0}\nhint: docs/organization.md lists its keys")]
    Demands(String),
    /// Its policies do not load.
    #[error("the organisation's policies do not load: {0}")]
    Policy(#[from] PolicyError),
}

/// An organisation's policy, verified and ready to be laid over a repository.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Where it came from, as it may be shown.
    pub source: String,
    /// The manifest's revision.
    pub revision: String,
    /// `sha256:` of its content.
    pub digest: String,
    /// What it demands.
    pub demands: Demands,
    /// Packages and documents that are its own, as paths such as `["acme", "rules"]`.
    pub roots: Vec<Vec<String>>,
    /// Its policies and data.
    pub bundle: Bundle,
    /// What is worth telling about how it was read.
    pub problems: Vec<Problem>,
    /// What in the repository asked for less.
    pub attempts: Vec<Attempt>,
}

impl Organization {
    /// Checks a bundle against a key and a pinned digest, and takes it apart.
    pub fn open(
        archive: &Archive,
        source: &str,
        key: Option<&Key>,
        pinned: Option<(&str, &str)>,
    ) -> Result<Self, OrganizationError> {
        let digest = archive.digest();
        if let Some((wanted, by)) = pinned.filter(|(wanted, _)| *wanted != digest) {
            return Err(OrganizationError::Digest { found: digest, wanted: wanted.to_owned(), by: by.to_owned() });
        }
        let mut problems = Vec::new();
        if let Some(key) = key {
            verify(archive, key)?;
        } else if pinned.is_none() {
            let message = "the organisation's policy is neither signed by a known key nor pinned by its digest";
            let problem = Problem::remark(ProblemKind::Configuration, None, message);
            problems.push(problem.hint("pass --organization-key, or pin it with `stageclear policy lock`"));
        }
        let manifest = archive.manifest()?;
        let mut bundle = archive.bundle(&manifest.roots)?;
        let demands = Demands::take(&mut bundle).map_err(OrganizationError::Demands)?;
        let mut roots: Vec<Vec<String>> = manifest.roots.iter().filter(|root| !root.is_empty()).cloned().collect();
        if roots.is_empty() {
            roots = Archive::packages(&bundle);
        }
        roots.push(vec![DOCUMENT.to_owned()]);
        roots.sort();
        roots.dedup();
        let source = source.to_owned();
        let (revision, attempts) = (manifest.revision, Vec::new());
        Ok(Self { source, revision, digest, demands, roots, bundle, problems, attempts })
    }

    /// The organisation as reports and policies see it.
    #[must_use]
    pub fn fact(&self) -> OrganizationFact {
        OrganizationFact {
            name: self.demands.name.clone(),
            source: self.source.clone(),
            revision: self.revision.clone(),
            digest: self.digest.clone(),
            attempts: self.attempts.clone(),
        }
    }
}
