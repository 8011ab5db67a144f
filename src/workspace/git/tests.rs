//! Repositories made here, byte by byte: no git program is needed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use gix_hash::ObjectId;
use gix_object::Write as _;

use super::history::Since;
use super::index::Index;
use super::*;

/// A repository in a folder of its own.
pub(crate) struct Repo {
    pub folder: tempfile::TempDir,
    second: i64,
}

impl Repo {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["objects/pack", "objects/info", "refs/heads", "refs/tags"] {
            std::fs::create_dir_all(folder.path().join(".git").join(name)).unwrap();
        }
        let repo = Self { folder, second: 1_700_000_000 };
        repo.write("HEAD", "ref: refs/heads/main\n");
        repo.write("config", "[core]\n\trepositoryformatversion = 0\n");
        repo
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of `.git`.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.root().join(".git").join(name), text).unwrap();
    }

    /// Writes a file of the working tree.
    pub(crate) fn file(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn object(&self, kind: Kind, data: &[u8]) -> ObjectId {
        let store = gix_odb::loose::Store::at(self.root().join(".git/objects"), gix_hash::Kind::Sha1);
        store.write_buf(kind, data).unwrap()
    }

    fn tree(&self, files: &[(&str, ObjectId)]) -> ObjectId {
        let mut here: BTreeMap<String, (bool, ObjectId)> = BTreeMap::new();
        let mut below: BTreeMap<&str, Vec<(&str, ObjectId)>> = BTreeMap::new();
        for (path, id) in files {
            match path.split_once('/') {
                Some((folder, rest)) => below.entry(folder).or_default().push((rest, *id)),
                None => {
                    here.insert((*path).to_owned(), (false, *id));
                }
            }
        }
        for (folder, files) in below {
            here.insert(format!("{folder}/"), (true, self.tree(&files)));
        }
        let mut data = Vec::new();
        for (name, (is_tree, id)) in here {
            let mode = if is_tree { "40000" } else { "100644" };
            data.extend(format!("{mode} {}\0", name.trim_end_matches('/')).bytes());
            data.extend(id.as_slice());
        }
        self.object(Kind::Tree, &data)
    }

    /// Commits these files a day after the last commit, on top of `parents`, and puts `main` there.
    pub(crate) fn commit(&mut self, parents: &[ObjectId], files: &[(&str, &str)]) -> ObjectId {
        let files: Vec<_> =
            files.iter().map(|(path, text)| (*path, self.object(Kind::Blob, text.as_bytes()))).collect();
        let tree = self.tree(&files);
        self.second += 86_400;
        let parents: Vec<String> = parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        let signed = format!("Someone <someone@registry.example> {} +0000", self.second);
        let data = format!("tree {tree}\n{}author {signed}\ncommitter {signed}\n\na commit\n", parents.concat());
        let id = self.object(Kind::Commit, data.as_bytes());
        self.write("refs/heads/main", format!("{id}\n"));
        id
    }

    /// Writes an index of these files.
    pub(crate) fn stage(&self, files: &[(&str, &str)]) {
        let mut files: Vec<_> = files.to_vec();
        files.sort_unstable();
        let mut data = b"DIRC\0\0\0\x02".to_vec();
        data.extend(u32::try_from(files.len()).unwrap().to_be_bytes());
        for (path, text) in files {
            let start = data.len();
            let id = self.object(Kind::Blob, text.as_bytes());
            data.extend([0; 24]);
            data.extend(0o100_644_u32.to_be_bytes());
            data.extend([0; 12]);
            data.extend(id.as_slice());
            data.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
            data.extend(path.bytes());
            let length = data.len() - start;
            data.resize(start + (length / 8 + 1) * 8, 0);
        }
        let sum = sha1(&data);
        data.extend(sum.as_slice());
        self.write("index", data);
    }

    /// Writes a pack of entries as they are: id, first bytes, what is compressed.
    fn pack(&self, entries: &[(ObjectId, Vec<u8>, Vec<u8>)]) {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        let mut places = Vec::new();
        for (id, head, data) in entries {
            places.push((*id, u32::try_from(pack.len()).unwrap()));
            pack.extend(head);
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(data).unwrap();
            pack.extend(encoder.finish().unwrap());
        }
        let sum = sha1(&pack);
        pack.extend(sum.as_slice());
        places.sort_unstable();
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for first in 0..=255_u8 {
            let count = places.iter().filter(|(id, _)| id.as_slice()[0] <= first).count();
            index.extend(u32::try_from(count).unwrap().to_be_bytes());
        }
        index.extend(places.iter().flat_map(|(id, _)| id.as_slice().to_vec()));
        index.resize(index.len() + 4 * places.len(), 0);
        index.extend(places.iter().flat_map(|(_, offset)| offset.to_be_bytes()));
        index.extend(sum.as_slice());
        let own = sha1(&index);
        index.extend(own.as_slice());
        self.write("objects/pack/pack-1.pack", pack);
        self.write("objects/pack/pack-1.idx", index);
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(&here(self.root()).unwrap(), 64 << 20).unwrap_or_else(|why| panic!("{why}"))
    }
}

fn sha1(data: &[u8]) -> ObjectId {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(data);
    hasher.try_finalize().unwrap()
}

fn id_of(kind: &str, data: &[u8]) -> ObjectId {
    let mut whole = format!("{kind} {}\0", data.len()).into_bytes();
    whole.extend(data);
    sha1(&whole)
}

fn walked(repo: &Repo, since: &Since) -> Vec<(String, String, bool)> {
    let repository = repo.open();
    let history = history::walk(&repository, since, &|path| !path.contains(".png"));
    let mut blobs: Vec<_> =
        history.blobs.iter().map(|blob| (history.path(blob), history.commit(blob).unwrap().0, blob.in_head)).collect();
    blobs.sort();
    blobs
}

#[test]
fn every_blob_comes_once_with_the_commit_that_brought_it() {
    let mut repo = Repo::new();
    let one = repo.commit(&[], &[("a.py", "1"), ("b/c.py", "2"), ("b/d.png", "3")]);
    let two = repo.commit(&[one], &[("a.py", "4"), ("b/c.py", "2"), ("moved.py", "1")]);
    let side = repo.commit(&[one], &[("side.py", "5")]);
    repo.write("refs/heads/main", format!("{two}\n"));
    repo.write("refs/heads/side", format!("{side}\n"));
    let blob = |path: &str, commit: ObjectId, head| (path.to_owned(), commit.to_string(), head);
    let all =
        [blob("a.py", one, true), blob("a.py", two, true), blob("b/c.py", one, true), blob("side.py", side, false)];
    assert_eq!(walked(&repo, &Since::Beginning), all);
    assert_eq!(walked(&repo, &Since::Commit(one)), [blob("a.py", two, true), blob("side.py", side, false)]);
    assert_eq!(walked(&repo, &Since::Second(1_700_000_000 + 3 * 86_400)), [blob("side.py", side, false)]);
    let repository = repo.open();
    let mut reader = repository.objects().reader();
    assert_eq!(repository.resolve(&mut reader, &two.to_string()[..8]), Some(two));
    assert_eq!(repository.resolve(&mut reader, "side"), Some(side));
    assert_eq!(repository.resolve(&mut reader, "no-such"), None);
}

#[test]
fn a_subfolder_sees_its_own_files_only() {
    let mut repo = Repo::new();
    repo.commit(&[], &[("a.py", "1"), ("web/c.py", "2")]);
    std::fs::create_dir(repo.root().join("web")).unwrap();
    let repository =
        Repository::open(&around(&repo.root().join("web")).unwrap(), 1 << 20).unwrap_or_else(|why| panic!("{why}"));
    let history = history::walk(&repository, &Since::Beginning, &|path| path == "c.py");
    assert_eq!(history.blobs.len(), 1);
    assert_eq!(repository.outside("c.py"), "web/c.py");
}

#[test]
fn what_is_missing_or_damaged_is_counted() {
    let mut repo = Repo::new();
    let gone = ObjectId::from_hex(&[b'1'; 40]).unwrap();
    let one = repo.commit(&[gone], &[("a.py", "1")]);
    let history = history::walk(&repo.open(), &Since::Beginning, &|_| true);
    assert_eq!((history.blobs.len(), history.missing, history.broken), (1, 1, 0));
    repo.write("shallow", format!("{one}\n"));
    let repository = repo.open();
    assert!(repository.is_shallow());
    assert_eq!(history::walk(&repository, &Since::Beginning, &|_| true).missing, 0);
    repo.write("refs/heads/odd", "not an id at all\n");
    let tree = repo.open().tree_of(&mut repo.open().objects().reader(), &one).unwrap().to_string();
    let path = repo.root().join(".git/objects").join(&tree[..2]).join(&tree[2..]);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(path, "no zlib").unwrap();
    let history = history::walk(&repo.open(), &Since::Beginning, &|_| true);
    assert!(history.broken >= 2, "{history:?}");
}

#[test]
fn packs_with_deltas_are_read_and_those_with_cycles_end() {
    let repo = Repo::new();
    let base = b"hello, this is the base of it".to_vec();
    let (base_id, delta_id) = (id_of("blob", &base), id_of("blob", b"hello"));
    // A delta: size of the base, size of the result, copy five bytes from the beginning.
    let delta = vec![u8::try_from(base.len()).unwrap(), 5, 0b1001_0000, 5];
    let head = |kind: u8, size: usize| {
        vec![kind << 4 | u8::try_from(size & 15).unwrap() | 0x80, u8::try_from(size >> 4).unwrap()]
    };
    let by_id =
        |id: ObjectId, size: usize| head(7, size).into_iter().chain(id.as_slice().to_vec()).collect::<Vec<u8>>();
    let loop_id = ObjectId::from_hex(&[b'2'; 40]).unwrap();
    repo.pack(&[
        (base_id, head(3, base.len()), base.clone()),
        (delta_id, by_id(base_id, delta.len()), delta.clone()),
        (loop_id, by_id(loop_id, delta.len()), delta),
    ]);
    let repository = repo.open();
    let mut reader = repository.objects().reader();
    let mut out = Vec::new();
    assert_eq!(reader.read(&delta_id, &mut out), Ok(Kind::Blob));
    assert_eq!(out, b"hello");
    assert_eq!(reader.read(&base_id, &mut out), Ok(Kind::Blob));
    assert_eq!(out, base);
    assert!(reader.read(&loop_id, &mut out).is_err());
    repo.write("objects/pack/pack-1.idx", b"\xfftOc\0\0\0\x02 cut off");
    assert_eq!(repo.open().objects().broken, 1);
}

#[test]
fn only_what_differs_from_the_last_commit_is_staged() {
    let mut repo = Repo::new();
    repo.stage(&[("new.py", "1")]);
    let repository = repo.open();
    let mut reader = repository.objects().reader();
    let index = Index::open(&repository, None).unwrap().unwrap();
    assert_eq!(index.staged(&mut reader, None).unwrap().len(), 1);
    let head = repo.commit(&[], &[("a.py", "1"), ("b/c.py", "2"), ("b/d/e.py", "3"), ("gone.py", "4")]);
    repo.stage(&[("a.py", "1"), ("b/c.py", "5"), ("b/d/e.py", "3"), ("b/d/f.py", "6")]);
    let repository = repo.open();
    let mut reader = repository.objects().reader();
    let tree = repository.tree_of(&mut reader, &head);
    let index = Index::open(&repository, None).unwrap().unwrap();
    let staged = index.staged(&mut reader, tree).unwrap();
    let shown: Vec<_> = staged.iter().map(|one| (one.path.as_str(), one.before.is_some())).collect();
    assert_eq!(shown, [("b/c.py", true), ("b/d/f.py", false)]);
    assert!(index.tracks("a.py") && !index.tracks("gone.py"));
    repo.write("index", b"DIRC\0\0\0\x02\0\0\xff\xff");
    assert!(Index::open(&repo.open(), None).is_err());
}

#[test]
fn public_hosts_are_told_from_remotes() {
    for (url, host) in [
        ("git@github.com:owner/name.git", Some("github.com")),
        ("https://someone@gitlab.com:443/a/b", Some("gitlab.com")),
        ("ssh://git@git.registry.example/x", None),
        ("/srv/git/github.com", None),
    ] {
        let config = Config::read(&format!("[remote \"origin\"]\n\turl = {url}\n"));
        assert_eq!(config.public_host.as_deref(), host, "{url}");
    }
    assert!(Config::read("[extensions]\n\tobjectFormat = sha256\n").unsupported.is_some());
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_repository_is_refused() {
    let repo = Repo::new();
    let made = std::os::unix::net::UnixListener::bind(repo.root().join(".git/objects/pack/pack-2.idx"));
    assert!(made.is_ok());
    assert!(Repository::open(&here(repo.root()).unwrap(), 1 << 20).is_err());
}
