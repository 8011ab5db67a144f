//! scan
pub(super) fn too_deep(text: &str, jsx: bool) -> Option<u32> {
    let _ = (text, jsx);
    None
}
pub(super) fn statement_at(text: &str, offset: u32, jsx: bool) -> std::ops::Range<usize> {
    let _ = (text, offset, jsx);
    0..0
}
