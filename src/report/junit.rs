//! JUnit XML: each rule that hit is a test suite, each finding a failed test, for services that read nothing else
//! (<https://github.com/testmoapp/junitxml>).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::html as xml;
use super::{Reporter, Style};
use crate::base::Finding;
use crate::document::Document;

/// The format `junit`.
pub struct JUnit;

impl Reporter for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in document.findings.iter().filter(|finding| finding.is_active()) {
            suites.entry(&finding.rule).or_default().push(finding);
        }
        let total: usize = suites.values().map(Vec::len).sum();
        let tests = total.max(1);
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stageclear\" tests=\"{tests}\" failures=\"{total}\" errors=\"0\">\n"
        );
        for (rule, findings) in &suites {
            let count = findings.len();
            let _ = writeln!(
                out,
                "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\">",
                xml(rule)
            );
            for finding in findings {
                case(&mut out, finding);
            }
            out.push_str("  </testsuite>\n");
        }
        if suites.is_empty() {
            out.push_str("  <testsuite name=\"stageclear\" tests=\"1\" failures=\"0\" errors=\"0\">\n    <testcase name=\"no findings\" classname=\"stageclear\"/>\n  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

fn case(out: &mut String, finding: &Finding) {
    let place = finding.location.to_string();
    let _ = writeln!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>",
        xml(&finding.headline()),
        xml(&finding.rule),
        xml(&finding.location.path),
        xml(&finding.title),
        finding.severity,
        xml(&format!("{place}: {}\n{}", finding.message, finding.remedy)),
    );
}
