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

/// Decodes `bytes`; `None` for binary data.
#[must_use]
pub fn decode(path: &str, bytes: Vec<u8>) -> Option<Decoded> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(&bytes) {
        let (text, _, lossy) = encoding.decode(&bytes);
        let problem =
            lossy.then(|| remark(path, &format!("not valid {}: what could be decoded was checked", encoding.name())));
        return Some(Decoded { file: SourceFile::new(path, text.into_owned()), problem });
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(SNIFF)]).is_some() {
        return None;
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

fn remark(path: &str, message: &str) -> Problem {
    Problem::remark(ProblemKind::Encoding, Some(Location::file(path)), message).hint("save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("é=1".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode("a", utf16).unwrap().file.text(), "é=1");
        let latin = decode("a", vec![b'x', 0xe9, b'\n']).unwrap();
        assert_eq!(latin.file.text(), "xé\n");
        assert!(latin.problem.is_some());
        assert_eq!(decode("a", b"\xef\xbb\xbfx".to_vec()).unwrap().file.text(), "x");
        assert!(decode("a", b"\x7fELF\0\0".to_vec()).is_none());
    }
}
