//! CycloneDX 1.6: the packages as components, their vulnerabilities with what is said of them
//! ([`crate::sbom::cyclonedx`]). No timestamp: the same input gives the same bytes.

use super::{Reporter, Style};
use crate::document::Document;
use crate::sbom::{Inventory, Stamp, cyclonedx};

/// The format `cyclonedx`.
pub struct CycloneDx;

impl Reporter for CycloneDx {
    fn name(&self) -> &'static str {
        "cyclonedx"
    }

    fn render(&self, document: &Document, _style: &Style) -> String {
        super::json::pretty(&cyclonedx::bill(&Inventory::of(document), &Stamp::default()))
    }
}
