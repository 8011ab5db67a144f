//! A pack that a server has sent, as a repository of its own: the objects are indexed, and nothing else is believed.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix_odb::pack;
use gix_pack::bundle::write::Options;
use gix_utils::progress::Discard;

use super::Found;

/// Bytes of one object.
const LARGEST: usize = 32 << 20;

/// Writes a pack into an empty folder as a bare repository.
pub fn receive(pack: &[u8], folder: &Path) -> Result<Found, String> {
    let packs = folder.join("objects/pack");
    let failed = |error: std::io::Error| format!("the received objects cannot be written: {error}");
    std::fs::create_dir_all(&packs).map_err(failed)?;
    std::fs::create_dir_all(folder.join("refs/heads")).map_err(failed)?;
    std::fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").map_err(failed)?;
    let options = Options { thread_limit: Some(1), alloc_limit_bytes: Some(LARGEST), ..Options::default() };
    let mut read = std::io::Cursor::new(pack);
    pack::Bundle::write_to_directory(
        &mut read,
        Some(&packs),
        &mut Discard,
        &AtomicBool::new(false),
        None::<gix_object::find::Never>,
        gix_hash::Kind::Sha1,
        options,
    )
    .map_err(|error| format!("the server's objects are broken: {error}"))?;
    super::here(folder).ok_or_else(|| "the received objects are no repository".to_owned())
}
