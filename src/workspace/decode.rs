//! Bytes → text: UTF-8, byte-order marks, UTF-16, and a lossless fallback for old one-byte encodings.

use crate::base::{Location, Problem, ProblemKind, SourceFile};

/// How many leading bytes are looked at to tell text from binary data (git looks at as many).
const SNIFF: usize = 8000;

/// A decoded file, with a problem when the encoding had to be guessed.
#[derive(Debug)]
pub struct Decoded {
    /// The text.
    pub file: SourceFile,
    /// Set when the bytes were in no Unicode encoding.
    pub problem: Option<Problem>,
}

/// Decodes `bytes`; `None` for binary data. Of a file whose name says that some analysis reads it (`wanted`), no byte
/// makes it binary: a zero byte in a comment would hide the whole file.
#[must_use]
pub fn decode(path: &str, bytes: Vec<u8>, wanted: bool) -> Option<Decoded> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(&bytes) {
        let (text, _, lossy) = encoding.decode(&bytes);
        let problem =
            lossy.then(|| remark(path, &format!("not valid {}: what could be decoded was checked", encoding.name())));
        return Some(Decoded { file: SourceFile::new(path, text.into_owned()), problem });
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(SNIFF)]).is_some() {
        return (wanted || is_utf16(&bytes[..bytes.len().min(SNIFF)])).then(|| with_zeros(path, &bytes));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(Decoded { file: SourceFile::new(path, text), problem: None }),
        Err(error) => {
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes());
            let problem = remark(path, "not UTF-8: read as windows-1252");
            Some(Decoded { file: SourceFile::new(path, text.into_owned()), problem: Some(problem) })
        }
    }
}

/// Whether bytes read like ASCII text in UTF-16: every second one zero, and the others shown.
fn is_utf16(bytes: &[u8]) -> bool {
    let shown = |byte: u8| matches!(byte, 0x20..=0x7e | b'\t' | b'\n' | b'\r');
    let pairs = || bytes.chunks_exact(2);
    bytes.len() >= 16
        && (pairs().all(|pair| pair[1] == 0 && shown(pair[0])) || pairs().all(|pair| pair[0] == 0 && shown(pair[1])))
}

/// Text in UTF-16 without a mark, or with zero bytes strewn in; or no text at all, and then a gap.
fn with_zeros(path: &str, bytes: &[u8]) -> Decoded {
    let head = &bytes[..bytes.len().min(SNIFF)];
    let zeros =
        |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count() * 10 > head.len() * 4;
    let utf16 = match (zeros(0), zeros(1)) {
        (true, false) => Some(encoding_rs::UTF_16BE),
        (false, true) => Some(encoding_rs::UTF_16LE),
        _ => None,
    };
    let (text, message) = match (utf16, std::str::from_utf8(bytes)) {
        (Some(encoding), _) => {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            (text.into_owned(), format!("no mark of its encoding: read as {}", encoding.name()))
        }
        (None, Ok(text)) => (text.replace('\0', " "), "zero bytes in the text: read as spaces".to_owned()),
        (None, Err(_)) => {
            let message = "the name says text, but the content is binary: not checked";
            let problem = Problem::incomplete(ProblemKind::Encoding, Some(Location::file(path)), message);
            return Decoded { file: SourceFile::new(path, ""), problem: Some(problem) };
        }
    };
    Decoded { file: SourceFile::new(path, text), problem: Some(remark(path, &message)) }
}

fn remark(path: &str, message: &str) -> Problem {
    Problem::remark(ProblemKind::Encoding, Some(Location::file(path)), message).hint("save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("é=1".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode("a", utf16, false).unwrap().file.text(), "é=1");
        let latin = decode("a", vec![b'x', 0xe9, b'\n'], false).unwrap();
        assert_eq!(latin.file.text(), "xé\n");
        assert!(latin.problem.is_some());
        assert_eq!(decode("a", b"\xef\xbb\xbfx".to_vec(), false).unwrap().file.text(), "x");
        assert_eq!(decode("a.js", b"//\0\nx".to_vec(), true).unwrap().file.text(), "// \nx");
        assert_eq!(decode("a.js", b"x\0=\0y\0".to_vec(), true).unwrap().file.text(), "x=y");
        assert!(decode("a.js", b"\x7fELF\0\xff\xfe".to_vec(), true).unwrap().problem.unwrap().incomplete);
        assert!(decode("a", b"\x7fELF\0\0".to_vec(), false).is_none());
        let unmarked: Vec<u8> = "KEY=some value".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode("a", unmarked, false).unwrap().file.text(), "KEY=some value");
    }
}
