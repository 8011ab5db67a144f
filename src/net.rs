//! The one HTTP client: everything that leaves the machine goes through [`Client`].
//!
//! It only reads (`GET`), and it bounds what a server can do to us: time, size, redirects. `https` is required, but for
//! loopback hosts, which need no certificate and never go through a proxy. Other hosts follow the proxy variables of
//! the environment (`HTTPS_PROXY`, `NO_PROXY`, …). A redirect must keep to the same rules, and none leads from another
//! host to this machine. TLS is rustls with the ring provider and the platform's own trust store.
//!
//! Left out: cookies, retries, authentication beyond what a proxy asks for, caching (the caller keeps the `ETag`).
//! Addresses are shown without user, password and query, since those may hold secrets.

use std::io::{Read, Write};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client as Inner, Response};
use reqwest::header::{ACCEPT, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url, redirect};

/// What a server may cost us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one body.
    pub bytes: u64,
    /// Time for one whole request.
    pub total: Duration,
    /// Time without any progress, and time to connect.
    pub idle: Duration,
    /// Redirects followed.
    pub redirects: usize,
}

impl Limits {
    /// For a document or an answer of an interface: 8 MiB, 30 seconds.
    pub const SMALL: Self =
        Self { bytes: 8 << 20, total: Duration::from_secs(30), idle: Duration::from_secs(10), redirects: 5 };
    /// For an archive: 2 GiB, 30 minutes.
    pub const ARCHIVE: Self =
        Self { bytes: 2 << 30, total: Duration::from_mins(30), idle: Duration::from_secs(30), redirects: 5 };
}

/// Why a request gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Not an address we can ask.
    #[error("`{url}` is no usable address: {why}")]
    Address {
        /// The address, as far as it may be shown.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Plain `http` to another machine.
    #[error("`{url}` is not encrypted; only loopback hosts may be asked over plain http. Use https")]
    Plain {
        /// The address.
        url: String,
    },
    /// The client could not be set up.
    #[error("cannot set up the HTTP client: {why}. Check the proxy variables and the system's certificates")]
    Setup {
        /// What failed.
        why: String,
    },
    /// No connection, or it broke before the answer.
    #[error("cannot reach `{url}`: {why}. Check the address, the network and the proxy variables")]
    Connect {
        /// The address.
        url: String,
        /// What failed.
        why: String,
    },
    /// Too slow.
    #[error("`{url}` did not answer in time (limit {seconds} s). Try again later, or download the file and import it")]
    Timeout {
        /// The address.
        url: String,
        /// The limit that was hit.
        seconds: u64,
    },
    /// An answer that is no success.
    #[error("`{url}` answered {status}. Check the address")]
    Status {
        /// The address.
        url: String,
        /// HTTP status code.
        status: u16,
    },
    /// Too many redirects, or one to where we do not go.
    #[error("`{url}` redirects {why}. Use the final address")]
    Redirect {
        /// The address.
        url: String,
        /// Where or how often.
        why: String,
    },
    /// More bytes than allowed.
    #[error("`{url}` sends more than {limit} bytes; nothing of it was used. Check the address")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The body broke off.
    #[error("the answer of `{url}` broke off: {why}. Try again")]
    Body {
        /// The address.
        url: String,
        /// What failed.
        why: String,
    },
    /// The answer could not be kept.
    #[error("cannot write the answer of `{url}`: {source}. Check the free space of the cache folder")]
    Write {
        /// The address.
        url: String,
        /// What failed.
        source: std::io::Error,
    },
}

impl NetError {
    /// Whether the server says that there is no such thing (404 or 410).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404 | 410, .. })
    }
}

/// The outcome of a conditional request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// The entity tag still holds: nothing was sent.
    Unchanged,
    /// A new body.
    Fetched {
        /// What was asked for.
        body: T,
        /// The entity tag to give back next time.
        etag: Option<String>,
    },
}

/// What a server answers to a question of any outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Such as 200 or 401.
    pub status: u16,
    /// What it wants to know of who asks.
    pub challenge: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// A client with its limits.
#[derive(Debug)]
pub struct Client {
    /// Follows the proxy variables.
    remote: Inner,
    /// For loopback hosts: no proxy.
    local: Inner,
    limits: Limits,
}

impl Client {
    /// Sets up a client.
    pub fn new(limits: Limits) -> Result<Self, NetError> {
        // Another part of the program may have installed a provider already; then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let build = |local: bool| {
            let builder = Inner::builder()
                .user_agent(concat!("stageclear/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(limits.idle)
                .timeout(limits.idle)
                .referer(false)
                .redirect(redirect_policy(limits.redirects));
            let builder = if local { builder.no_proxy() } else { builder };
            builder.build().map_err(|error| NetError::Setup { why: chain(&error) })
        };
        Ok(Self { remote: build(false)?, local: build(true)?, limits })
    }

    /// Reads a body into memory.
    pub fn get(&self, url: &str, etag: Option<&str>) -> Result<Answer<Vec<u8>>, NetError> {
        self.read(url, etag, None)
    }

    /// Asks with headers of one's own and gives whatever status comes, with the body and the `WWW-Authenticate` header.
    pub fn ask(&self, url: &str, headers: &[(&str, &str)]) -> Result<Reply, NetError> {
        self.answer(url, headers, None)
    }

    /// The same, with a body to send.
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Reply, NetError> {
        self.answer(url, headers, Some(body))
    }

    fn answer(&self, url: &str, headers: &[(&str, &str)], sent: Option<Vec<u8>>) -> Result<Reply, NetError> {
        let parsed = checked(url)?;
        let shown = shown(&parsed);
        let started = Instant::now();
        let inner = if is_loopback(&parsed) { &self.local } else { &self.remote };
        let request = match sent {
            Some(body) => inner.post(parsed).body(body),
            None => inner.get(parsed),
        };
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = request.send().map_err(|error| self.explain(&shown, &error))?;
        let status = response.status().as_u16();
        let challenge =
            response.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        self.copy(response, &shown, started, &mut body)?;
        Ok(Reply { status, challenge, body })
    }

    /// Reads a body of a media type into memory.
    pub fn get_as(&self, url: &str, accept: Option<&str>) -> Result<Answer<Vec<u8>>, NetError> {
        self.read(url, None, accept)
    }

    fn read(&self, url: &str, etag: Option<&str>, accept: Option<&str>) -> Result<Answer<Vec<u8>>, NetError> {
        let mut body = Vec::new();
        Ok(match self.fetch(url, etag, accept, &mut body)? {
            Answer::Unchanged => Answer::Unchanged,
            Answer::Fetched { etag, .. } => Answer::Fetched { body, etag },
        })
    }

    /// Reads a body into `into`, giving its length. After an error `into` holds a part that must not be used.
    pub fn download(&self, url: &str, etag: Option<&str>, into: &mut dyn Write) -> Result<Answer<u64>, NetError> {
        self.fetch(url, etag, None, into)
    }

    fn fetch(
        &self,
        url: &str,
        etag: Option<&str>,
        accept: Option<&str>,
        into: &mut dyn Write,
    ) -> Result<Answer<u64>, NetError> {
        let parsed = checked(url)?;
        let shown = shown(&parsed);
        let started = Instant::now();
        let inner = if is_loopback(&parsed) { &self.local } else { &self.remote };
        let mut request = inner.get(parsed);
        if let Some(value) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
            request = request.header(IF_NONE_MATCH, value);
        }
        if let Some(value) = accept.and_then(|accept| HeaderValue::from_str(accept).ok()) {
            request = request.header(ACCEPT, value);
        }
        let response = request.send().map_err(|error| self.explain(&shown, &error))?;
        match response.status() {
            StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(Answer::Unchanged),
            StatusCode::OK => {}
            status => return Err(NetError::Status { url: shown, status: status.as_u16() }),
        }
        let etag = entity_tag(response.headers());
        let body = self.copy(response, &shown, started, into)?;
        Ok(Answer::Fetched { body, etag })
    }

    fn copy(
        &self,
        mut response: Response,
        shown: &str,
        started: Instant,
        into: &mut dyn Write,
    ) -> Result<u64, NetError> {
        let too_large = || NetError::TooLarge { url: shown.to_owned(), limit: self.limits.bytes };
        if response.content_length().is_some_and(|length| length > self.limits.bytes) {
            return Err(too_large());
        }
        let mut buffer = vec![0; 64 << 10];
        let mut total = 0_u64;
        loop {
            if started.elapsed() > self.limits.total {
                return Err(NetError::Timeout { url: shown.to_owned(), seconds: self.limits.total.as_secs() });
            }
            let count = match response.read(&mut buffer) {
                Ok(0) => return Ok(total),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                    return Err(NetError::Timeout { url: shown.to_owned(), seconds: self.limits.idle.as_secs() });
                }
                Err(error) => return Err(NetError::Body { url: shown.to_owned(), why: chain(&error) }),
            };
            total += count as u64;
            if total > self.limits.bytes {
                return Err(too_large());
            }
            let chunk = buffer.get(..count).unwrap_or_default();
            into.write_all(chunk).map_err(|source| NetError::Write { url: shown.to_owned(), source })?;
        }
    }

    fn explain(&self, shown: &str, error: &reqwest::Error) -> NetError {
        let url = shown.to_owned();
        if error.is_timeout() {
            NetError::Timeout { url, seconds: self.limits.idle.as_secs() }
        } else if error.is_redirect() {
            NetError::Redirect { url, why: std::error::Error::source(error).map_or_else(String::new, chain) }
        } else {
            NetError::Connect { url, why: std::error::Error::source(error).map_or_else(|| chain(error), chain) }
        }
    }
}

/// Whether `text` looks like an address rather than a path.
#[must_use]
pub fn is_url(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// An address as it may be printed and stored: without user, password, query and fragment.
#[must_use]
pub fn public_form(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "(unreadable address)".to_owned(), |parsed| shown(&parsed))
}

fn redirect_policy(limit: usize) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > limit {
            return attempt.error(format!("more than {limit} times"));
        }
        let came_from_here = attempt.previous().first().is_none_or(is_loopback);
        let target = shown(attempt.url());
        match (came_from_here, is_loopback(attempt.url()), attempt.url().scheme()) {
            (true, true, "http" | "https") | (_, false, "https") => attempt.follow(),
            (false, true, _) => attempt.error(format!("to `{target}` on this machine")),
            _ => attempt.error(format!("to `{target}`, which is not encrypted")),
        }
    })
}

fn checked(url: &str) -> Result<Url, NetError> {
    let refuse = |why: String| NetError::Address { url: public_form(url), why };
    let parsed = Url::parse(url).map_err(|error| refuse(error.to_string()))?;
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if is_loopback(&parsed) => Ok(parsed),
        "http" => Err(NetError::Plain { url: shown(&parsed) }),
        other => Err(refuse(format!("the scheme `{other}` is not supported, use https"))),
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for addresses without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

fn entity_tag(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(ETAG)?.to_str().ok()?;
    (text.len() <= 512).then(|| text.to_owned())
}

/// An error with its causes, each once, without the address that reqwest appends.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
