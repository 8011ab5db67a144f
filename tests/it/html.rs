//! The HTML report in a real browser. Without one the tests say so and pass; `STAGECLEAR_CHROMIUM=required` (set by
//! `.ci/run`) makes that a failure.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use stageclear::document::Document;
use stageclear::report::{self, Style};

use crate::apps::audit;
use crate::{hostile_text, markup};

const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).flat_map(|folder| BROWSERS.iter().map(move |name| folder.join(name)));
    let found = found.into_iter().find(|file| file.is_file());
    let required = std::env::var("STAGECLEAR_CHROMIUM").is_ok_and(|value| value == "required");
    assert!(found.is_some() || !required, "no Chromium, but STAGECLEAR_CHROMIUM=required");
    if found.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: no Chromium to render the page");
    }
    found
}

fn page(document: &Document) -> String {
    report::by_name("html").unwrap().render(document, &Style::default())
}

/// The page's elements after the browser has read and run it.
fn dom(browser: &Path, html: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, html).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .args(["--timeout=20000", "--dump-dom"])
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("<footer>"), "the page is not whole: {dom}\n{}", String::from_utf8_lossy(&output.stderr));
    dom
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn a_browser_shows_every_finding() {
    let Some(browser) = browser() else { return };
    let document = audit("flask-insecure", 2);
    let dom = dom(&browser, &page(&document));
    for finding in &document.findings {
        assert!(dom.contains(&escaped(&finding.headline())), "{}", finding.headline());
    }
    assert_eq!(dom.matches("<details").count(), document.findings.len());
}

#[test]
fn a_browser_runs_nothing() {
    let Some(browser) = browser() else { return };
    let trick = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\"onmouseover=\"document.title='owned'\" </style></title><a href=\"javascript:document.title='owned'\">x</a>\u{202e}<base href=//registry.example>";
    let document = hostile_text::planted(trick);
    let dom = dom(&browser, &page(&document));
    let names = markup::read(&dom).unwrap();
    let plain = markup::read(&page(&audit("flask-insecure", 2))).unwrap();
    assert_eq!(names.elements.difference(&plain.elements).collect::<BTreeSet<_>>(), BTreeSet::new());
    assert_eq!(names.attributes.difference(&plain.attributes).collect::<BTreeSet<_>>(), BTreeSet::new());
    let title = dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
    assert!(title.starts_with("stageclear: &lt;script&gt;"), "{title}");
    assert!(dom.contains("&lt;img src=x onerror=") && !dom.contains('\u{202e}'));
}

#[test]
fn the_page_needs_nothing_else() {
    let text = page(&audit("flask-insecure", 2));
    for forbidden in ["<script", "<link", "<img", "src=", "href=", "url(", "@import"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert!(text.contains("default-src 'none'; style-src 'unsafe-inline'"));
}
