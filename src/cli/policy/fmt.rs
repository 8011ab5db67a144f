//! `policy fmt-check`: the layout of Rego files.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::policy::{bundle, format};

/// Arguments of `policy fmt-check`.
#[derive(Debug, Clone, Args)]
pub struct FmtArgs {
    /// Rego files, or folders of them
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Put the white space right
    #[arg(long)]
    pub write: bool,
}

/// 1 if something is not laid out as it should be.
pub fn check(args: &FmtArgs, out: &mut dyn Write) -> anyhow::Result<u8> {
    let (mut wrong, mut files) = (0, 0);
    for (path, shown) in bundle::policy_files(&args.paths)? {
        let failed = || format!("`{shown}` cannot be read");
        let text = std::fs::read_to_string(&path).with_context(failed)?;
        let (wanted, found) = format::layout(&text);
        files += 1;
        wrong += usize::from(!found.is_empty());
        for misprint in &found {
            writeln!(out, "{shown}:{}: {}", misprint.line, misprint.message)?;
        }
        if args.write && wanted != text {
            std::fs::write(&path, wanted).with_context(|| format!("`{shown}` cannot be written"))?;
        }
    }
    let done = if args.write && wrong > 0 { "put right" } else { "not laid out as `opa fmt` would" };
    writeln!(out, "{wrong} of {files} files {done}")?;
    Ok(u8::from(wrong > 0 && !args.write))
}
