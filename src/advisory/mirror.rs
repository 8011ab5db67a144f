//! A company's copy of an export, with sums: `<base>/SHA256SUMS` names the SHA-256 of every `<ecosystem>/all.zip`, in the
//! form of `sha256sum`. Whether the list itself is trusted (signed, or pinned by its own sum) is for the caller to check.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use sha2::{Digest as _, Sha256};

use crate::base::fingerprint::hex;
use crate::package::Ecosystem;

/// The sums of a mirror's archives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<Ecosystem, String>);

impl Sums {
    /// Reads lines `<sum>  <ecosystem>/all.zip`; others are about other files.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let (sum, name) = line.trim().split_once([' ', '\t'])?;
            let folder = name.trim().trim_start_matches(['*', '.']).trim_start_matches('/').strip_suffix("/all.zip")?;
            let whole = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
            let ecosystem = Ecosystem::ALL.into_iter().find(|ecosystem| ecosystem.name() == folder)?;
            whole.then(|| (ecosystem, sum.to_ascii_lowercase()))
        };
        Self(text.lines().filter_map(entry).collect())
    }

    /// The sum of an ecosystem's archive.
    #[must_use]
    pub fn of(&self, ecosystem: Ecosystem) -> Option<&str> {
        self.0.get(&ecosystem).map(String::as_str)
    }

    /// Whether no archive is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The sum of bytes.
#[must_use]
pub fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The sum of a file, which is then read from its beginning again.
pub(super) fn sum_of(file: &mut (impl Read + Seek)) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(hex(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_sha256sum_writes_them() {
        let one = "a".repeat(64);
        let sums =
            Sums::parse(&format!("{one}  npm/all.zip\n{one} *./GitHub Actions/all.zip\nshort  Go/all.zip\n{one}  x\n"));
        assert_eq!(
            (sums.of(Ecosystem::Npm), sums.of(Ecosystem::GitHubActions)),
            (Some(one.as_str()), Some(one.as_str()))
        );
        assert_eq!(sums.of(Ecosystem::Go), None);
        assert_eq!(sum_of(&mut io::Cursor::new(b"abc")).unwrap(), sum(b"abc"));
    }
}
