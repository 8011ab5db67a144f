//! A server on this machine that speaks the protocol, with packs as any server may send them.

use std::io::Write as _;

use gix_object::Write as _;

use super::*;

/// A pack of objects by kind and content.
fn pack_of(objects: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(u32::try_from(objects.len()).unwrap().to_be_bytes());
    for (kind, content) in objects {
        let mut size = content.len();
        let mut byte = (kind << 4) | u8::try_from(size & 15).unwrap();
        size >>= 4;
        while size > 0 {
            pack.push(byte | 0x80);
            byte = u8::try_from(size & 127).unwrap();
            size >>= 7;
        }
        pack.push(byte);
        let mut zipped = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zipped.write_all(content).unwrap();
        pack.extend(zipped.finish().unwrap());
    }
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(&pack);
    pack.extend(hasher.try_finalize().unwrap().as_slice());
    pack
}

/// A repository with one commit, of which the folder `policy` holds a file: its id and its pack.
fn repository() -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let store = gix_odb::loose::Store::at(folder.path().to_owned(), gix_hash::Kind::Sha1);
    let mut objects = Vec::new();
    let mut add = |kind: gix_object::Kind, code: u8, content: Vec<u8>| {
        let id = store.write_buf(kind, &content).unwrap();
        objects.push((code, content));
        id
    };
    let blob = add(gix_object::Kind::Blob, 3, b"package acme.rules\n".to_vec());
    let entry =
        |mode: &str, name: &str, id: &gix_hash::oid| [format!("{mode} {name}\0").as_bytes(), id.as_bytes()].concat();
    let inner = add(gix_object::Kind::Tree, 2, entry("100644", "rules.rego", &blob));
    let tree = add(gix_object::Kind::Tree, 2, entry("40000", "policy", &inner));
    let person = "a <a@registry.example> 0 +0000";
    let commit = format!("tree {tree}\nauthor {person}\ncommitter {person}\n\none\n");
    let commit = add(gix_object::Kind::Commit, 1, commit.into_bytes());
    (commit.to_string(), pack_of(&objects))
}

fn banded(pack: &[u8]) -> Vec<u8> {
    let mut body = pkt("packfile").into_bytes();
    for part in pack.chunks(100) {
        body.extend(format!("{:04x}\x01", part.len() + 5).bytes());
        body.extend(part);
    }
    body.extend(b"0000");
    body
}

/// Answers as a server does that speaks version 2, until the sender is gone.
fn serve(id: String, pack: Vec<u8>) -> String {
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let port = server.server_addr().to_ip().unwrap().port();
    std::thread::spawn(move || {
        for mut request in server.incoming_requests() {
            let mut asked = String::new();
            let _ = request.as_reader().read_to_string(&mut asked);
            let told = request.headers().iter().any(|header| header.field.equiv("Git-Protocol"));
            let body = match (request.url(), asked.contains("command=ls-refs")) {
                ("/acme.git/info/refs?service=git-upload-pack", _) if told => {
                    let lines = pkt("# service=git-upload-pack") + "0000" + &pkt("version 2") + &pkt("ls-refs=unborn");
                    (lines + &pkt("fetch=shallow wait-for-done") + &pkt("object-format=sha1") + "0000").into_bytes()
                }
                ("/acme.git/git-upload-pack", true) => {
                    (pkt(&format!("{} refs/tags/v1 peeled:{id}", "0".repeat(40))) + "0000").into_bytes()
                }
                ("/acme.git/git-upload-pack", false) if asked.contains(&format!("want {id}")) => banded(&pack),
                ("/acme.git/git-upload-pack", false) => pkt("ERR upload-pack: not our ref").into_bytes(),
                _ => {
                    let _ = request.respond(tiny_http::Response::empty(404));
                    continue;
                }
            };
            let _ = request.respond(tiny_http::Response::from_data(body));
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn files(named: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    fetch(&parse(named), 1 << 20)
}

#[test]
fn a_commit_is_fetched_by_its_tag_and_by_its_id() {
    let (id, pack) = repository();
    let server = serve(id.clone(), pack);
    let wanted = [("rules.rego".to_owned(), b"package acme.rules\n".to_vec())];
    for revision in ["v1", "refs/tags/v1", &id] {
        assert_eq!(files(&format!("{server}/acme.git@{revision}#policy")).unwrap(), wanted, "{revision}");
    }
    let refused = |named: &str, why: &str| {
        let told = files(&format!("{server}/{named}")).unwrap_err();
        assert!(told.contains(why), "{named}: {told}");
    };
    refused("acme.git@v2", "no branch or tag `v2`");
    refused("acme.git@v1#nowhere", "no folder `nowhere`");
    refused("other.git@v1", "no git repository");
    refused(&format!("acme.git@{}", "1".repeat(40)), "not our ref");
}

/// What a server sends in place of the commit that was named has another id.
#[test]
fn other_objects_than_the_commit_that_was_named_are_not_taken() {
    let (id, pack) = repository();
    let other = "2".repeat(40);
    let server = serve(other.clone(), pack.clone());
    assert!(files(&format!("{server}/acme.git@{other}#policy")).unwrap_err().contains("no commit"));
    let mut broken = pack;
    let at = broken.len() - 30;
    broken[at] ^= 1;
    let server = serve(id.clone(), broken);
    assert!(files(&format!("{server}/acme.git@{id}#policy")).unwrap_err().contains("broken"));
}

#[test]
fn addresses_are_taken_apart() {
    assert_eq!(
        parse("https://git.example/a.git@v1#p/q"),
        Named { url: "https://git.example/a.git", revision: "v1", folder: "p/q" }
    );
    assert_eq!(
        parse("https://u@git.example/a"),
        Named { url: "https://u@git.example/a", revision: "HEAD", folder: "" }
    );
    assert_eq!(parse("https://git.example/a@feature/x").revision, "feature/x");
    assert!(capabilities(b"001e# service=git-upload-pack\n0000").unwrap_err().contains("version 2"));
    assert!(pack(b"zzzz").is_err() && pack(b"0009ab").is_err() && pack(b"0000").is_err());
}
