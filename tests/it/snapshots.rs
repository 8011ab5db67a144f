//! What each format for people looks like, over a rich document (the insecure Flask app) and an empty one. After a
//! wanted change: `INSTA_UPDATE=always cargo test --test it snapshots`, then read the difference.

use stageclear::base::ProblemKind;
use stageclear::document::Document;
use stageclear::policy::PolicySet;
use stageclear::report::{self, Style};

use crate::apps::audit;

/// The insecure app, with fixed text where the program's version and the advisory data would show.
fn rich() -> Document {
    let mut document = audit("flask-insecure", 2);
    "0.0.0".clone_into(&mut document.tool.version);
    for source in document.advisories.iter_mut().flat_map(|status| &mut status.sources) {
        "2026-10-31".clone_into(&mut source.date);
        source.age_days = 1;
        source.advisories = 1000;
    }
    document.problems.retain(|problem| problem.kind != ProblemKind::Advisories);
    if let Some(status) = &mut document.advisories {
        status.age_days = Some(1);
    }
    let (checklist, _) = PolicySet::built_in().unwrap().checklist(&document).unwrap();
    document.checklist = Some(checklist);
    document
}

fn check(name: &str, format: &str, style: &Style) {
    let reporter = report::by_name(format).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!(name, reporter.render(&rich(), style));
        insta::assert_snapshot!(format!("{name}_empty"), reporter.render(&Document::default(), style));
    });
}

#[test]
fn text() {
    check("text", "text", &Style::default());
}

#[test]
fn text_in_colour() {
    check("text_colour", "text", &Style { color: true, width: 80, quiet: false });
}

#[test]
fn text_quiet() {
    check("text_quiet", "text", &Style { quiet: true, ..Style::default() });
}

#[test]
fn table_at_80_columns() {
    check("table_80", "table", &Style { width: 80, ..Style::default() });
}

#[test]
fn table_at_200_columns() {
    check("table_200", "table", &Style { width: 200, ..Style::default() });
}

#[test]
fn markdown() {
    check("markdown", "markdown", &Style::default());
}

#[test]
fn html() {
    check("html", "html", &Style::default());
}

#[test]
fn junit() {
    check("junit", "junit", &Style::default());
}

#[test]
fn github() {
    check("github", "github", &Style::default());
}

fn check_checklist(name: &str, format: &str, width: usize) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let style = Style { width, ..Style::default() };
    settings.bind(|| insta::assert_snapshot!(name, report::checklist::render(&rich(), format, &style)));
}

#[test]
fn checklist_markdown() {
    check_checklist("checklist_markdown", "markdown", 120);
}

#[test]
fn checklist_text_at_80_columns() {
    check_checklist("checklist_text_80", "text", 80);
}

#[test]
fn checklist_table_at_140_columns() {
    check_checklist("checklist_table_140", "table", 140);
}

#[test]
fn checklist_html() {
    check_checklist("checklist_html", "html", 120);
}
