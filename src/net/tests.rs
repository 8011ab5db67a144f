//! The client against a server on loopback, well-behaved and not.

use std::sync::mpsc;
use std::thread;

use tiny_http::{Header, Request, ResponseBox, Server, StatusCode as Code};

use super::*;

const QUICK: Limits =
    Limits { bytes: 1000, total: Duration::from_secs(5), idle: Duration::from_millis(500), redirects: 3 };

/// Answers each request by `answer`; gives the base address.
fn serve(answer: impl Fn(&Request, &str) -> ResponseBox + Send + 'static) -> String {
    let server = Server::http("127.0.0.1:0").unwrap();
    let base = format!("http://{}", server.server_addr().to_ip().unwrap());
    let own = base.clone();
    thread::spawn(move || {
        for request in server.incoming_requests() {
            let response = answer(&request, &own);
            let _ = request.respond(response);
        }
    });
    base
}

fn text(body: &str) -> tiny_http::Response<std::io::Cursor<Vec<u8>>> {
    tiny_http::Response::from_data(body.as_bytes())
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).unwrap()
}

fn error(limits: Limits, url: &str) -> NetError {
    Client::new(limits).unwrap().get(url, None).unwrap_err()
}

#[test]
fn an_entity_tag_saves_the_body() {
    let base = serve(|request, _| {
        let tag = request.headers().iter().find(|header| header.field.equiv("If-None-Match"));
        match tag {
            Some(tag) if tag.value.as_str() == "\"one\"" => text("").with_status_code(Code(304)).boxed(),
            _ => text("hello").with_header(header("ETag", "\"one\"")).boxed(),
        }
    });
    let client = Client::new(QUICK).unwrap();
    let first = client.get(&base, None).unwrap();
    assert_eq!(first, Answer::Fetched { body: b"hello".to_vec(), etag: Some("\"one\"".to_owned()) });
    assert_eq!(client.get(&base, Some("\"one\"")).unwrap(), Answer::Unchanged);
    assert!(matches!(client.get(&base, Some("\"two\"")).unwrap(), Answer::Fetched { .. }));
}

#[test]
fn statuses_are_errors() {
    let base = serve(|request, _| {
        let code = request.url().trim_start_matches('/').parse().unwrap_or(500);
        text("<html>sorry</html>").with_status_code(Code(code)).boxed()
    });
    assert!(matches!(error(QUICK, &format!("{base}/500")), NetError::Status { status: 500, .. }));
    assert!(error(QUICK, &format!("{base}/404")).is_not_found());
    // "Not modified" without a tag, and success without content, are no content.
    assert!(matches!(error(QUICK, &format!("{base}/304")), NetError::Status { status: 304, .. }));
    assert!(matches!(error(QUICK, &format!("{base}/204")), NetError::Status { status: 204, .. }));
}

#[test]
fn bodies_have_a_limit() {
    let base = serve(|request, _| {
        let long = "x".repeat(5000);
        match request.url() {
            "/told" => text(&long).boxed(),
            _ => {
                tiny_http::Response::new(Code(200), vec![], std::io::Cursor::new(long.into_bytes()), None, None).boxed()
            }
        }
    });
    for path in ["told", "untold"] {
        let error = error(QUICK, &format!("{base}/{path}?token=hidden"));
        assert!(matches!(error, NetError::TooLarge { limit: 1000, .. }), "{error}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
}

#[test]
fn redirects_have_a_limit_and_stay_on_the_safe_side() {
    let base = serve(|request, own| {
        let to = |target: &str| text("").with_status_code(Code(302)).with_header(header("Location", target)).boxed();
        match request.url() {
            "/loop" => to(&format!("{own}/loop")),
            "/once" => to(&format!("{own}/here")),
            "/out" => to("http://registry.example/"),
            "/file" => to("file:///etc/passwd"),
            _ => text("here").boxed(),
        }
    });
    let client = Client::new(QUICK).unwrap();
    assert!(matches!(client.get(&format!("{base}/once"), None), Ok(Answer::Fetched { .. })));
    for (path, why) in [("loop", "more than 3 times"), ("out", "not encrypted"), ("file", "")] {
        let error = error(QUICK, &format!("{base}/{path}"));
        assert!(error.to_string().contains(why), "{error}");
        if path != "file" {
            assert!(matches!(error, NetError::Redirect { .. }), "{error}");
        }
    }
}

#[test]
fn silence_and_broken_answers_end() {
    use std::net::TcpListener;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (keep, kept) = mpsc::channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            if number == 0 {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
            } else {
                // Held open, never answered.
                keep.send(stream).unwrap();
            }
        }
    });
    let broken = error(QUICK, &base);
    assert!(matches!(broken, NetError::Body { .. }), "{broken}");
    let silent = error(QUICK, &base);
    assert!(matches!(silent, NetError::Timeout { .. }), "{silent}");
    drop(kept);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = error(QUICK, &format!("http://{closed}/"));
    assert!(matches!(refused, NetError::Connect { .. }), "{refused}");
}

#[test]
fn addresses() {
    for url in ["", "registry.example/x", "ftp://registry.example/x", "file:///etc/passwd", "https://", "http://[::1"] {
        assert!(matches!(checked(url), Err(NetError::Address { .. })), "{url}");
    }
    for url in ["http://registry.example/", "http://127.0.0.1.registry.example/", "http://localhost.example/"] {
        assert!(matches!(checked(url), Err(NetError::Plain { .. })), "{url}");
    }
    for url in [
        "https://registry.example/",
        "http://localhost:1/",
        "http://127.0.0.9/",
        "http://[::1]:1/",
        "HTTP://LOCALHOST/",
    ] {
        assert!(checked(url).is_ok(), "{url}");
    }
    let shown = public_form("https://user:word@registry.example/a?token=1#x");
    assert_eq!(shown, "https://registry.example/a");
    assert!(is_url("HTTPS://registry.example") && !is_url("./folder") && !is_url("c://x"));
}
