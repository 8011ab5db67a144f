//! Whom `--online` asks: deps.dev, or the registries that the user's own clients are set up for. The audited project has no
//! say in it: its `.npmrc` could send the names of all packages anywhere.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::args::RunArgs;
use crate::net;
use crate::options::Online;
use crate::pipeline::Mode;

/// The address of deps.dev's API, unless another one is given.
const API: &str = "https://api.deps.dev/v3";
/// Bytes of a configuration file of a client.
const LONGEST: u64 = 1 << 20;

/// The addresses, if the run may ask anybody.
pub(super) fn addresses(arguments: &RunArgs, mode: Mode) -> anyhow::Result<Option<Online>> {
    if arguments.offline && arguments.organization.as_deref().is_some_and(net::is_url) {
        bail!(
            "the organisation's policy is at an address, and `--offline` forbids to ask for it\nhint: give a folder or a file"
        );
    }
    if !arguments.online {
        return Ok(None);
    }
    if mode == Mode::Scan {
        bail!(
            "`scan` does not look at dependencies, so there is nothing to ask\nhint: `stageclear audit --online` does"
        );
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let home = set("HOME").or_else(|| set("USERPROFILE")).map(PathBuf::from);
    let text = |path: &str| home.as_deref().and_then(|home| read(&home.join(path)));
    let npm = set("NPM_CONFIG_REGISTRY").or_else(|| set("npm_config_registry"));
    let pip = || text(".config/pip/pip.conf").or_else(|| text(".pip/pip.conf"));
    Ok(Some(Online {
        api: arguments.packages_api.clone().unwrap_or_else(|| API.to_owned()),
        npm: npm.or_else(|| value(&text(".npmrc")?, "registry")),
        cargo: text(".cargo/config.toml").and_then(|text| cargo_index(&text)),
        pip: set("PIP_INDEX_URL").or_else(|| value(&pip()?, "index-url")),
    }))
}

fn read(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    let usable = metadata.is_file() && metadata.len() <= LONGEST;
    usable.then(|| std::fs::read_to_string(path).ok()).flatten()
}

/// `key = value` of an `.npmrc` or a `pip.conf`.
fn value(text: &str, key: &str) -> Option<String> {
    let found = text.lines().filter_map(|line| line.split_once('=')).rfind(|(name, _)| name.trim() == key)?.1;
    let address = found.trim().trim_matches(['"', '\'']);
    net::is_url(address).then(|| address.to_owned())
}

/// The sparse index that stands in for the ecosystem's own.
fn cargo_index(text: &str) -> Option<String> {
    let root: toml::Table = text.parse().ok()?;
    let sources = root.get("source")?;
    let stand_in = sources.get("crates-io")?.get("replace-with")?.as_str()?;
    let address = sources.get(stand_in)?.get("registry")?.as_str()?;
    address.starts_with("sparse+").then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_whom_they_ask() {
        let npmrc = "; mine\nregistry=https://npm.example/\n@s:registry=https://other.example\n";
        assert_eq!(value(npmrc, "registry").as_deref(), Some("https://npm.example/"));
        assert_eq!(
            value("[global]\nindex-url = https://pip.example/simple\n", "index-url").as_deref(),
            Some("https://pip.example/simple")
        );
        assert_eq!(value("registry=file:///etc\n", "registry"), None);
        let config =
            "[source.crates-io]\nreplace-with = \"own\"\n[source.own]\nregistry = \"sparse+https://cargo.example/\"\n";
        assert_eq!(cargo_index(config).as_deref(), Some("sparse+https://cargo.example/"));
        assert_eq!(cargo_index("[net]\n"), None);
    }
}
