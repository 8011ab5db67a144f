//! Packs `data/package-names/*.txt` into the binary, each compressed by itself. A missing list is an empty one.

use std::path::Path;

/// The ecosystems that have a list.
const LISTS: [&str; 3] = ["PyPI", "npm", "crates.io"];

/// Writes `<out>/names-<ecosystem>.zst`.
pub fn pack(root: &Path, out: &Path) -> Result<(), String> {
    let folder = root.join("data/package-names");
    println!("cargo::rerun-if-changed={}", folder.display());
    for list in LISTS {
        let text = std::fs::read_to_string(folder.join(format!("{list}.txt"))).unwrap_or_default();
        let mut seen = std::collections::BTreeSet::new();
        for line in text.lines() {
            let odd = line.is_empty() || line.contains(char::is_whitespace) || !line.is_ascii();
            if odd || !seen.insert(line) {
                return Err(format!("data/package-names/{list}.txt: `{line}` is no name, or there twice"));
            }
        }
        let packed = zstd::bulk::compress(text.as_bytes(), 19).map_err(|error| error.to_string())?;
        std::fs::write(out.join(format!("names-{list}.zst")), packed).map_err(|error| error.to_string())?;
    }
    Ok(())
}
