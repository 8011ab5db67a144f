//! Signatures of bundles, as [OPA](https://www.openpolicyagent.org/docs/management-bundles#signing) makes them:
//! `.signatures.json` holds one JSON Web Token whose payload lists every file with its SHA-256.
//!
//! The key decides which algorithm is right, never the token: an RSA key takes `RS256`/`RS384`/`RS512`, a P-256 key
//! `ES256`, a P-384 key `ES384`, an Ed25519 key `EdDSA`. Shared secrets (`HS256`) are left out: who can check could sign.
//! OPA hashes JSON and YAML documents by their content, so that is done here.

use std::collections::BTreeMap;

use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use thiserror::Error;

use super::super::bundle::Bundle;
use super::archive::{Archive, SIGNATURES, is_structured};
use crate::base::base64;
use crate::base::fingerprint::hex;

/// Why a bundle is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The key is none that can be used.
    #[error("the key cannot be used: {0}")]
    Key(String),
    /// There is no signature.
    #[error("it is not signed: `.signatures.json` is missing")]
    Missing,
    /// The signatures are not in the right form.
    #[error("its signatures cannot be read: {0}")]
    Form(String),
    /// The signature is not of this key.
    #[error("its signature is not of the given key")]
    Wrong,
    /// A file was changed, added or removed after signing.
    #[error("the file `{0}` is not what was signed")]
    File(String),
}

/// A public key for checking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    kind: Kind,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// Object identifiers in a key's header, in DER.
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

impl Key {
    /// A public key in PEM (`-----BEGIN PUBLIC KEY-----`).
    pub fn parse(pem: &str) -> Result<Self, SignatureError> {
        let wrong = || SignatureError::Key("it is no public key in PEM, RSA, P-256, P-384 or Ed25519".to_owned());
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong())?;
        let (algorithm, bits) = spki(&der).ok_or_else(wrong)?;
        let holds = |oid: &[u8]| algorithm.windows(oid.len()).any(|window| window == oid);
        let known = [(RSA, Kind::Rsa), (P256, Kind::P256), (P384, Kind::P384), (ED25519, Kind::Ed25519)];
        let kind = known.into_iter().find(|(oid, _)| holds(oid)).map(|(_, kind)| kind).ok_or_else(wrong)?;
        Ok(Self { kind, bytes: bits.to_vec() })
    }

    /// Whether the signature of a message is of this key: RSA with PKCS #1 and SHA-256, ECDSA as `openssl dgst` writes it,
    /// or Ed25519.
    #[must_use]
    pub fn signed(&self, message: &[u8], by: &[u8]) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match self.kind {
            Kind::Rsa => &signature::RSA_PKCS1_2048_8192_SHA256,
            Kind::P256 => &signature::ECDSA_P256_SHA256_ASN1,
            Kind::P384 => &signature::ECDSA_P384_SHA384_ASN1,
            Kind::Ed25519 => &signature::ED25519,
        };
        UnparsedPublicKey::new(algorithm, &self.bytes).verify(message, by).is_ok()
    }

    fn algorithm(&self, named: &str) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self.kind, named) {
            (Kind::Rsa, "RS256") => &signature::RSA_PKCS1_2048_8192_SHA256,
            (Kind::Rsa, "RS384") => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Kind::Rsa, "RS512") => &signature::RSA_PKCS1_2048_8192_SHA512,
            (Kind::P256, "ES256") => &signature::ECDSA_P256_SHA256_FIXED,
            (Kind::P384, "ES384") => &signature::ECDSA_P384_SHA384_FIXED,
            (Kind::Ed25519, "EdDSA") => &signature::ED25519,
            _ => return None,
        })
    }
}

/// The algorithm and the key bits of a `SubjectPublicKeyInfo` (RFC 5280).
fn spki(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, _) = element(der, 0x30)?;
    let (algorithm, rest) = element(body, 0x30)?;
    let (bits, _) = element(rest, 0x03)?;
    Some((algorithm, bits.strip_prefix(&[0])?))
}

/// One DER element with the given tag: its content, and what follows.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let rest = der.strip_prefix(&[tag])?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (digits, rest) = (rest.get(..count.min(4))?, rest.get(count..)?);
        (digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
    };
    Some((rest.get(..length)?, rest.get(length..)?))
}

/// Checks that the bundle is signed by the key, and that its files are those that were signed: none changed, none more,
/// none less.
pub fn verify(archive: &Archive, key: &Key) -> Result<(), SignatureError> {
    let form = |why: &str| SignatureError::Form(why.to_owned());
    let bytes = archive.file(SIGNATURES).ok_or(SignatureError::Missing)?;
    let written: Value = serde_json::from_slice(bytes).map_err(|error| form(&error.to_string()))?;
    let tokens = written.get("signatures").and_then(Value::as_array).ok_or_else(|| form("no list `signatures`"))?;
    let [Value::String(token)] = tokens.as_slice() else { return Err(form("there must be one signature")) };
    let payload = checked(token, key)?;
    let files = payload.get("files").and_then(Value::as_array).ok_or_else(|| form("the payload lists no files"))?;
    let mut left: BTreeMap<&str, &[u8]> = archive.files().filter(|(name, _)| *name != SIGNATURES).collect();
    for file in files {
        let text = |key: &str| file.get(key).and_then(Value::as_str);
        let (Some(name), Some(hash)) = (text("name"), text("hash")) else { return Err(form("a file without a hash")) };
        let name = name.trim_start_matches('/');
        let changed = || SignatureError::File(name.to_owned());
        let bytes = left.remove(name).ok_or_else(changed)?;
        let algorithm = text("algorithm").unwrap_or("SHA-256");
        if hashed(name, bytes, algorithm).is_none_or(|found| found != hash.to_ascii_lowercase()) {
            return Err(changed());
        }
    }
    match left.keys().next() {
        None => Ok(()),
        Some(more) => Err(SignatureError::File((*more).to_owned())),
    }
}

/// The payload of a token whose signature is right.
fn checked(token: &str, key: &Key) -> Result<Value, SignatureError> {
    let form = |why: &str| SignatureError::Form(why.to_owned());
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { return Err(form("it is no JSON Web Token")) };
    let decode = |part: &str| base64::decode(part).ok_or_else(|| form("a part is no base64"));
    let header: Value = serde_json::from_slice(&decode(header)?).map_err(|error| form(&error.to_string()))?;
    let named = header.get("alg").and_then(Value::as_str).unwrap_or("");
    let algorithm = key.algorithm(named).ok_or(SignatureError::Wrong)?;
    let signed = &token[..token.rfind('.').unwrap_or(0)];
    UnparsedPublicKey::new(algorithm, &key.bytes)
        .verify(signed.as_bytes(), &decode(signature)?)
        .map_err(|_| SignatureError::Wrong)?;
    serde_json::from_slice(&decode(payload)?).map_err(|error| form(&error.to_string()))
}

/// Signs the bundle with a private key (PKCS #8 in PEM, P-256 or Ed25519) and puts the signature in it.
pub fn sign(archive: Archive, pem: &str) -> Result<Archive, SignatureError> {
    let wrong = |why: String| SignatureError::Key(why);
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| wrong("it is no private key in PEM (PKCS #8)".to_owned()))?;
    let der = der.secret_pkcs8_der();
    let random = ring::rand::SystemRandom::new();
    let files: Vec<Value> = archive
        .files()
        .filter(|(name, _)| *name != SIGNATURES)
        .map(|(name, bytes)| {
            let hash = hashed(name, bytes, "SHA-256").ok_or_else(|| SignatureError::File(name.to_owned()))?;
            Ok(json!({ "name": name, "hash": hash, "algorithm": "SHA-256" }))
        })
        .collect::<Result<_, SignatureError>>()?;
    let token = |alg: &str| {
        let part = |value: Value| base64::encode_url(value.to_string().as_bytes());
        format!("{}.{}", part(json!({ "alg": alg })), part(json!({ "files": files })))
    };
    let (signed, signature) = if let Ok(pair) =
        signature::EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, der, &random)
    {
        let signed = token("ES256");
        let made = pair.sign(&random, signed.as_bytes()).map_err(|_| wrong("signing failed".to_owned()))?;
        (signed, made.as_ref().to_vec())
    } else if let Ok(pair) = signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        let signed = token("EdDSA");
        let made = pair.sign(signed.as_bytes()).as_ref().to_vec();
        (signed, made)
    } else {
        return Err(wrong("bundles are signed with P-256 or Ed25519".to_owned()));
    };
    let token = format!("{signed}.{}", base64::encode_url(&signature));
    let text = json!({ "signatures": [token] }).to_string();
    Ok(archive.signed(text.into_bytes()))
}

/// The hash of a file as OPA has it: of its bytes, or of its content where that is JSON or YAML.
fn hashed(name: &str, bytes: &[u8], algorithm: &str) -> Option<String> {
    let mut content = Vec::new();
    if is_structured(name) {
        let text = std::str::from_utf8(bytes).ok()?;
        let value = if matches!(name.rsplit('.').next(), Some("yaml" | "yml")) {
            Bundle::data(name, text).ok()?
        } else {
            serde_json::from_str(text).ok()?
        };
        canonical(&value, &mut content, 0)?;
    } else {
        content.extend_from_slice(bytes);
    }
    Some(match algorithm.to_ascii_uppercase().as_str() {
        "SHA-256" => hex(&Sha256::digest(&content)),
        "SHA-512" => hex(&Sha512::digest(&content)),
        _ => return None,
    })
}

/// JSON with sorted keys and no white space.
fn canonical(value: &Value, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    if depth > 128 {
        return None;
    }
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<&String, &Value> = object.iter().collect();
            out.push(b'{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(Value::String(key.clone()).to_string().as_bytes());
                out.push(b':');
                canonical(value, out, depth + 1)?;
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                canonical(item, out, depth + 1)?;
            }
            out.push(b']');
        }
        plain => out.extend_from_slice(plain.to_string().as_bytes()),
    }
    Some(())
}
