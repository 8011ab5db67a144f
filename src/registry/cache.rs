//! Answers of the day, one file each. What cannot be read or written is asked again.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::base::fingerprint::hex;

/// A longer answer is not kept.
const LARGEST: u64 = 16 << 20;

fn file_of(cache: &Path, url: &str) -> PathBuf {
    let name: String = hex(&Sha256::digest(url.as_bytes())).chars().take(40).collect();
    cache.join("online").join(name)
}

/// The body that was answered today; empty for "there is no such package".
pub(super) fn read(cache: &Path, url: &str, today: Date) -> Option<Vec<u8>> {
    let path = file_of(cache, url);
    let metadata = std::fs::metadata(&path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    let bytes = std::fs::read(path).ok()?;
    let head = format!("{today} {url}\n");
    bytes.strip_prefix(head.as_bytes()).map(<[u8]>::to_vec)
}

/// Keeps an answer.
pub(super) fn write(cache: &Path, url: &str, today: Date, body: &[u8]) {
    let path = file_of(cache, url);
    let Some(folder) = path.parent() else { return };
    if body.len() as u64 + 4_096 > LARGEST || std::fs::create_dir_all(folder).is_err() {
        return;
    }
    let mut bytes = format!("{today} {url}\n").into_bytes();
    bytes.extend_from_slice(body);
    // Renamed into place, so that another run reads all of it or nothing. Failure costs another request.
    if let Ok(mut file) = tempfile::NamedTempFile::new_in(folder)
        && std::io::Write::write_all(&mut file, &bytes).is_ok()
    {
        let _ = file.persist(path);
    }
}
