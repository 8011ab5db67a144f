//! Hashes of a package's content, as lockfiles write them: hexadecimal, or base64 behind the name of the algorithm
//! (<https://www.w3.org/TR/SRI/>). What is no hash of its algorithm's length is left out.

use crate::base::{base64, fingerprint};

/// Hashes of one text that are read.
const MOST: usize = 8;

/// The algorithm of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All of them, weakest first.
    pub const ALL: [Self; 5] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The name as lockfiles write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The algorithm of a name, hyphens and case left aside (`SHA-256`).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let plain: String = name.trim().chars().filter(|c| *c != '-').take(8).collect::<String>().to_ascii_lowercase();
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == plain)
    }

    /// Bytes of a hash.
    fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A hash of the package's archive, or of one of several archives of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    /// The archive's file name or address, where the lockfile names several.
    pub file: Option<String>,
    /// How it was computed.
    pub algorithm: Algorithm,
    /// The value in lower-case hexadecimal digits.
    pub hex: String,
}

impl Hash {
    /// A value in hexadecimal digits.
    #[must_use]
    pub fn hex(algorithm: Algorithm, digits: &str) -> Option<Self> {
        let digits = digits.trim();
        let fits = digits.len() == algorithm.length() * 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self { file: None, algorithm, hex: digits.to_ascii_lowercase() })
    }

    /// `sha256:0123…`, as Python's tools write it.
    #[must_use]
    pub fn prefixed(text: &str) -> Option<Self> {
        let (name, digits) = text.trim().split_once([':', '='])?;
        Self::hex(Algorithm::parse(name)?, digits)
    }

    /// A value in base64.
    #[must_use]
    pub fn base64(algorithm: Algorithm, text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('=');
        // Not even decoded unless it can be one.
        let bytes = (text.len() <= 2 * algorithm.length()).then(|| base64::decode(text)).flatten()?;
        if bytes.len() != algorithm.length() {
            return None;
        }
        Some(Self { file: None, algorithm, hex: fingerprint::hex(&bytes) })
    }

    /// `sha512-<base64> sha1-<base64>`.
    #[must_use]
    pub fn integrity(text: &str) -> Vec<Self> {
        let one = |part: &str| {
            let (name, value) = part.split_once('-')?;
            Self::base64(Algorithm::parse(name)?, value.split('?').next().unwrap_or(value))
        };
        text.split_whitespace().take(MOST).filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_becomes_hexadecimal() {
        // The hashes of the empty text.
        let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let found = Hash::integrity(
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=?x md5-nope",
        );
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].algorithm, found[0].hex.as_str()), (Algorithm::Sha256, sha256));
        assert_eq!(found[1].hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(Hash::prefixed(&format!("sha256:{sha256}")), Hash::hex(Algorithm::Sha256, sha256));
        assert!(Hash::hex(Algorithm::Sha512, sha256).is_none());
        assert!(Hash::integrity("sha512-abcd sha256-é").is_empty());
        assert_eq!(Algorithm::parse("SHA-512"), Some(Algorithm::Sha512));
    }
}
