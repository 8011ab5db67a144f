//! Base64, RFC 4648, as tokens, keys and manifests hold it.

/// Decodes base64 in either alphabet, without padding; `None` for any other character.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or(0));
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

/// Encodes with the alphabet for addresses and file names, without padding.
#[must_use]
pub fn encode_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * digit) & 63) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{decode, encode_url};

    #[test]
    fn what_is_encoded_decodes() {
        for bytes in [b"".as_slice(), b"a", b"ab", b"abc", &[255, 254, 253, 0, 1]] {
            assert_eq!(decode(&encode_url(bytes)).as_deref(), Some(bytes));
        }
        assert_eq!(encode_url(b"hello"), "aGVsbG8");
    }

    #[test]
    fn base64_of_both_alphabets() {
        assert_eq!(decode("aGVsbG8").as_deref(), Some(b"hello".as_slice()));
        assert_eq!(decode("-_8"), decode("+/8"));
        assert_eq!(decode("a b"), None);
    }
}
