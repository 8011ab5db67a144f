//! stub
use super::Setting;
use crate::base::{CodeContext, SourceFile};
use crate::syntax::Tree;
/// x
pub fn javascript_settings(_file: &SourceFile, _tree: &Tree, _context: CodeContext) -> Vec<Setting> {
    Vec::new()
}
