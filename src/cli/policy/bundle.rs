//! `policy bundle|verify|lock`: make an organisation's bundle, check one, pin one.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::super::organization::{self, LOCK, Lock, Pin};
use crate::options::PolicyChoice;
use crate::policy::bundle::Bundle;
use crate::policy::organization::{Archive, Organization, sign};
use crate::policy::{PolicySet, testing};

/// Arguments of `policy bundle`.
#[derive(Debug, Clone, Args)]
pub struct BundleArgs {
    /// The folder with `.rego` files, `data.json` and `.manifest`
    pub folder: PathBuf,
    /// The archive to write
    #[arg(long, short, value_name = "FILE", default_value = "bundle.tar.gz")]
    pub output: PathBuf,
    /// Sign with this private key (PKCS #8 in PEM, P-256 or Ed25519)
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

/// Arguments of `policy verify` and `policy lock`.
#[derive(Debug, Clone, Args)]
pub struct SourceArgs {
    /// A folder, a `.tar.gz`, an `https:` or `oci:` address, or `git+PATH@REVISION`; `@sha256:…` behind it pins its content
    pub source: String,
    /// The public key (PEM) that it must be signed with
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The project's folder, for `lock`
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub project: PathBuf,
}

/// Packs a folder, after its policies have been loaded and its tests have passed.
pub fn bundle(args: &BundleArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let archive = Archive::read(&args.folder)?;
    let organization = Organization::open(&archive, &organization::shown(&args.folder.to_string_lossy()), None, None)?;
    fits(&mut PolicySet::built_in()?.with_organization(&organization)?, out)?;
    let mut tested = organization.bundle.clone();
    tested.data.extend(Bundle::fixtures(std::slice::from_ref(&args.folder))?);
    let results = testing::run(&tested, false, None)?;
    if results.iter().any(testing::TestResult::is_bad) {
        out.write_all(testing::render(&results, false).as_bytes())?;
        bail!("the bundle's own tests fail: nothing is written");
    }
    let archive = match &args.signing_key {
        None => archive,
        Some(path) => {
            let pem = std::fs::read_to_string(path)
                .with_context(|| format!("the key `{}` cannot be read", path.display()))?;
            sign(archive, &pem)?
        }
    };
    let bytes = archive.pack().context("the bundle cannot be packed")?;
    std::fs::write(&args.output, bytes).with_context(|| format!("`{}` cannot be written", args.output.display()))?;
    writeln!(out, "{} {}", args.output.display(), archive.digest())?;
    Ok(0)
}

/// Refuses policies that read what no audit document has: such a rule never speaks.
fn fits(set: &mut PolicySet, out: &mut dyn Write) -> anyhow::Result<()> {
    let (sure, likely): (Vec<_>, Vec<_>) = set.misfits().into_iter().partition(|(_, sure)| *sure);
    likely.iter().try_for_each(|(misfit, _)| writeln!(out, "warning: {misfit}"))?;
    match sure.first() {
        Some((misfit, _)) => bail!("{misfit}"),
        None => Ok(()),
    }
}

/// Says what a bundle is, once it is found to be what it should be.
pub fn verify(args: &SourceArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let organization = open(args)?;
    let mut set = PolicySet::built_in()?.with_organization(&organization)?;
    fits(&mut set, out)?;
    let (set, _) = set.choose(&PolicyChoice::default(), Some(&organization.demands))?;
    let own: Vec<_> = set.policies().iter().filter(|policy| !policy.is_built_in()).collect();
    let demands = &organization.demands;
    let name = if demands.name.is_empty() { "(no name)" } else { &demands.name };
    writeln!(out, "organization  {name}")?;
    writeln!(out, "revision      {}", if organization.revision.is_empty() { "-" } else { &organization.revision })?;
    writeln!(out, "digest        {}", organization.digest)?;
    writeln!(out, "signed        {}", if args.key.is_some() { "by the given key" } else { "not checked: no --key" })?;
    let roots: Vec<String> = organization.roots.iter().map(|root| root.join("/")).collect();
    writeln!(out, "roots         {}", roots.join(", "))?;
    writeln!(out, "policies      {}", own.len())?;
    for policy in own {
        writeln!(out, "  {}  {}", policy.id, policy.metadata.title)?;
    }
    Ok(0)
}

/// Writes the lock of a project.
pub fn lock(args: &SourceArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let organization = open(args)?;
    let (source, _) = organization::pinned(&args.source);
    let source = if crate::net::is_url(source) { crate::net::public_form(source) } else { source.replace('\\', "/") };
    let path = source.strip_prefix("git+").unwrap_or(&source);
    if Path::new(path.strip_prefix("file://").unwrap_or(path)).is_absolute() {
        bail!("a lock names no folder of one machine\nhint: give an address, or a path relative to the project");
    }
    let pin = Pin { source, revision: organization.revision.clone(), digest: organization.digest.clone() };
    let text = toml::to_string(&Lock { organization: Some(pin) }).context("the lock cannot be written")?;
    let text = format!("# What this project is audited under; `stageclear policy lock` writes it.\n{text}");
    std::fs::write(args.project.join(LOCK), text).with_context(|| format!("`{LOCK}` cannot be written"))?;
    writeln!(out, "{LOCK}: {}", organization.digest)?;
    Ok(0)
}

fn open(args: &SourceArgs) -> anyhow::Result<Organization> {
    let key = args.key.as_deref().map(organization::key).transpose()?;
    Ok(organization::open(&args.source, key.as_ref(), None)?)
}
