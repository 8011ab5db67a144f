//! A bundle from an OCI registry: `oci://host/repository:tag`, in two questions of the
//! [distribution specification](https://github.com/opencontainers/distribution-spec): the manifest, then the layer that
//! is a gzipped tar. A registry that wants a token gets one that it gives to everybody.
//!
//! Left out: names and passwords, image indexes, and layers of single policies.

use std::fmt::Write as _;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::base::fingerprint::hex;
use crate::net::{Client, Limits, Reply};

/// The scheme.
pub(super) const SCHEME: &str = "oci://";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Bytes of a manifest or a token.
const SMALL: u64 = 1 << 20;

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "access_token")]
    token: String,
}

/// A named artefact.
struct Reference<'a> {
    base: String,
    repository: &'a str,
    tag: &'a str,
}

/// The bytes of the bundle's archive.
pub(super) fn pull(source: &str, largest: u64) -> Result<Vec<u8>, String> {
    let reference = parse(source)?;
    let client = Client::new(Limits { bytes: SMALL, ..Limits::SMALL }).map_err(|error| error.to_string())?;
    let address = format!("{}/v2/{}/manifests/{}", reference.base, reference.repository, reference.tag);
    let first = ask(&client, &address, None)?;
    let (reply, token) = if first.status == 401 {
        let token = token(&client, first.challenge.as_deref().unwrap_or_default(), reference.repository)?;
        (ask(&client, &address, Some(&token))?, Some(token))
    } else {
        (first, None)
    };
    let manifest = found(reply, &format!("`{}:{}`", reference.repository, reference.tag))?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|error| format!("its manifest is not understood: {error}"))?;
    let layer = manifest.layers.into_iter().find(|layer| layer.media_type.ends_with("tar+gzip"));
    let layer = layer.ok_or("no layer of it is a gzipped tar: push the bundle as `opa build` makes it")?;
    let wanted = layer
        .digest
        .strip_prefix("sha256:")
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let wanted = wanted.ok_or_else(|| format!("the digest `{}` is no sha256", layer.digest))?;
    let client = Client::new(Limits { bytes: largest, ..Limits::SMALL }).map_err(|error| error.to_string())?;
    let address = format!("{}/v2/{}/blobs/{}", reference.base, reference.repository, layer.digest);
    let bytes = found(ask(&client, &address, token.as_deref())?, "its layer")?;
    if hex(&Sha256::digest(&bytes)) != wanted.to_ascii_lowercase() {
        return Err("the layer is not what its digest says".to_owned());
    }
    Ok(bytes)
}

fn parse(source: &str) -> Result<Reference<'_>, String> {
    let wrong = || format!("`{source}` is no `oci://host/repository:tag`");
    let rest = source.strip_prefix(SCHEME).ok_or_else(wrong)?;
    let (host, path) = rest.split_once('/').ok_or_else(wrong)?;
    let (repository, tag) = path.split_once(':').unwrap_or((path, "latest"));
    let plain = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
            && !text.contains("..")
    };
    if !plain(repository) || !plain(tag) || tag.contains('/') || host.is_empty() || host.contains('@') {
        return Err(wrong());
    }
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let scheme = if ["localhost", "127.0.0.1", "[::1]"].contains(&bare) { "http" } else { "https" };
    Ok(Reference { base: format!("{scheme}://{host}"), repository, tag })
}

fn ask(client: &Client, address: &str, token: Option<&str>) -> Result<Reply, String> {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![("Accept", MANIFEST)];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    client.ask(address, &headers).map_err(|error| error.to_string())
}

fn found(reply: Reply, what: &str) -> Result<Vec<u8>, String> {
    match reply.status {
        200 => Ok(reply.body),
        401 | 403 => Err(format!("the registry does not let everybody read {what}")),
        404 => Err(format!("the registry has no {what}")),
        status => Err(format!("the registry answers {status} for {what}")),
    }
}

/// A token for reading, from where the challenge says.
fn token(client: &Client, challenge: &str, repository: &str) -> Result<String, String> {
    let value = |name: &str| {
        let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let Some(realm) = value("realm").filter(|_| challenge.to_ascii_lowercase().starts_with("bearer ")) else {
        return Err("the registry asks for a name and a password".to_owned());
    };
    let scope = value("scope").map_or_else(|| format!("repository:{repository}:pull"), str::to_owned);
    let join = if realm.contains('?') { '&' } else { '?' };
    let service = value("service").map(|service| format!("&service={}", encoded(service))).unwrap_or_default();
    let reply = ask(client, &format!("{realm}{join}scope={}{service}", encoded(&scope)), None)?;
    let body = found(reply, "a token")?;
    let token: Token =
        serde_json::from_slice(&body).map_err(|_| "the registry's token is not understood".to_owned())?;
    Ok(token.token)
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut found, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            found.push(char::from(byte));
        } else {
            let _ = write!(found, "%{byte:02X}");
        }
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let reference = parse("oci://registry.example/acme/policy:v3").unwrap();
        assert_eq!(
            (reference.base.as_str(), reference.repository, reference.tag),
            ("https://registry.example", "acme/policy", "v3")
        );
        assert_eq!(parse("oci://localhost:5000/p").unwrap().base, "http://localhost:5000");
        for wrong in
            ["oci://", "oci://host", "oci://host/", "oci://host/a/../b:v", "oci://u@host/a", "oci://host/a:b/c"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    /// A registry on this machine that wants a token, with one artefact.
    #[test]
    fn a_bundle_is_pulled_and_a_false_layer_refused() {
        for honest in [true, false] {
            let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
            let port = server.server_addr().to_ip().unwrap().port();
            let digest = hex(&Sha256::digest(b"bundle"));
            let manifest = format!(
                r#"{{"layers": [{{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:{digest}"}}]}}"#
            );
            let answering = std::thread::spawn(move || {
                for _ in 0..4 {
                    let request = server.recv().unwrap();
                    let authorised = request.headers().iter().any(|header| header.value.as_str() == "Bearer t0");
                    let path = request.url().to_owned();
                    let (status, body) = match path.as_str() {
                        path if path.starts_with("/token?") => (200, r#"{"token": "t0"}"#.to_owned()),
                        _ if !authorised => (401, String::new()),
                        "/v2/acme/policy/manifests/v1" => (200, manifest.clone()),
                        path if path.starts_with("/v2/acme/policy/blobs/sha256:") => {
                            (200, if honest { "bundle" } else { "bungle" }.to_owned())
                        }
                        _ => (404, String::new()),
                    };
                    let challenge = format!(
                        "Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"s\",scope=\"repository:acme/policy:pull\""
                    );
                    let header = tiny_http::Header::from_bytes("WWW-Authenticate", challenge).unwrap();
                    let response = tiny_http::Response::from_string(body).with_status_code(status).with_header(header);
                    request.respond(response).unwrap();
                }
            });
            let pulled = pull(&format!("oci://127.0.0.1:{port}/acme/policy:v1"), 1 << 20);
            if honest {
                assert_eq!(pulled.unwrap(), b"bundle");
            } else {
                assert!(pulled.unwrap_err().contains("not what its digest says"));
            }
            answering.join().unwrap();
        }
    }
}
