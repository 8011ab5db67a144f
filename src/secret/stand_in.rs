//! Texts that stand where a secret will be: words of forms and schemas, placeholders, and values that vendors' own
//! documentation shows.

use sha2::{Digest, Sha256};

/// Where a text is looked at; some words are a real (if bad) value in one place and a stand-in in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// The value of a password's name.
    Password = 1,
    /// The value of a signing secret's name.
    Signing = 2,
    /// The password or host of a URL.
    Url = 4,
}

const ANY: u8 = 7;
const PASSWORD: u8 = Where::Password as u8;
const SIGNING: u8 = Where::Signing as u8;
const URL: u8 = Where::Url as u8;

/// The one table of words that are no value.
const WORDS: &[(&str, u8)] = &[
    ("api_key", ANY),
    ("apikey", ANY),
    ("auto", SIGNING),
    ("bar", URL),
    ("baz", URL),
    ("boolean", ANY),
    ("credential", ANY),
    ("credentials", ANY),
    ("db_password", URL),
    ("default", ANY),
    ("false", ANY),
    ("foo", URL),
    ("hidden", ANY),
    ("key", URL),
    ("my-token", ANY),
    ("my_token", ANY),
    ("mypass", URL),
    ("mypassword", URL),
    ("mytoken", ANY),
    ("none", ANY),
    ("null", ANY),
    ("number", ANY),
    ("object", ANY),
    ("opaque", SIGNING),
    ("optional", ANY),
    ("p4ssw0rd", URL),
    ("pass", PASSWORD | URL),
    ("passphrase", URL),
    ("passwd", URL),
    ("password", ANY),
    ("pswd", URL),
    ("pw", URL),
    ("pwd", URL),
    ("required", ANY),
    ("secret", PASSWORD | URL),
    ("somepassword", URL),
    ("string", ANY),
    ("text", ANY),
    ("token", URL),
    ("true", ANY),
    ("undefined", ANY),
    ("user", PASSWORD | URL),
    ("username", ANY),
    ("userpass", URL),
];

/// Whether a text is a word that stands for a value there.
pub(super) fn is_word(text: &str, place: Where) -> bool {
    let known = |(word, places): &&(&str, u8)| places & place as u8 != 0 && text.eq_ignore_ascii_case(word);
    WORDS.iter().any(|row| known(&row))
}

/// Parts that no real secret has, in values of any sort.
const PARTS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "choosea",
    "choose-a",
    "choose_a",
    "change-me",
    "change_me",
    "your-",
    "your_",
    "votre-",
    "votre_",
    "yourkey",
    "yourapi",
    "yourtoken",
    "yoursecret",
    "yourpass",
    "replace",
    "redacted",
    "xxxx",
    "****",
    "...",
    "dummy",
    "insert-",
    "insert_",
    "put-your",
    "my-super",
    "-here",
    "_here",
    "<your",
    "todo",
    "sample",
    "00000000",
    "foobar",
    "lorem",
    "notreal",
    "not-real",
    "not_real",
    "11111111",
    "deadbeef",
    "d3adbeef",
    "correct-horse",
    "correct%20horse",
    "correcthorse",
    "build-",
    "-build",
    "_build",
    "fake-",
    "fake_",
    "-fake",
    "_fake",
    "not-a-",
    "not_a_",
    "notasecret",
    "doesnotmatter",
    "invalid",
    "…",
    "expired",
    "jbswy3dpehpk3pxp",
];

/// Whether a value says of itself that it is none.
pub(super) fn is_fake(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    if PARTS.iter().any(|part| lower.contains(part)) {
        return true;
    }
    let mut seen = [false; 256];
    value.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    let distinct = seen.iter().filter(|seen| **seen).count();
    value.len() >= 6 && distinct <= 2 || value.len() >= 16 && distinct <= 4
}

/// The first four bytes of the SHA-256 of values that vendors' documentation and test kits show to everybody, sorted.
const PUBLISHED: &[u32] = &[
    0x0011_cc25,
    0x0209_1175,
    0x03b9_70ed,
    0x0951_01cf,
    0x0b47_6bdf,
    0x0e9d_2206,
    0x0fff_9ee6,
    0x1a5d_44a2,
    0x2037_abca,
    0x21db_de75,
    0x27a9_a429,
    0x2caf_c097,
    0x3543_c50b,
    0x37f8_f09b,
    0x3a8b_61d0,
    0x3f37_0c9d,
    0x4247_42fc,
    0x49f7_77db,
    0x4c98_242d,
    0x5785_9218,
    0x60a0_9e43,
    0x7831_4b11,
    0x7f75_367e,
    0x8335_c553,
    0x8731_261c,
    0x87cb_ebfe,
    0x9c84_6fdf,
    0xa064_b502,
    0xa19f_89ab,
    0xa6c8_14bc,
    0xaa65_4743,
    0xac92_65e5,
    0xbb49_78fb,
    0xbc1a_5096,
    0xbc3a_e723,
    0xbdfe_aef4,
    0xc434_1ce2,
    0xc6ea_27c5,
    0xcb20_d34a,
    0xcf4d_418e,
    0xdc0f_cf04,
    0xe21b_597b,
    0xe4a5_542b,
    0xe4da_07ad,
    0xea9b_b108,
    0xeb54_0d2b,
    0xf2d6_ca16,
    0xf537_5a46,
    0xf5e9_5c99,
    0xf7d8_3870,
    0xfb8f_3512,
    0xff03_4c85,
];

/// Whether a value is one that is printed in a vendor's documentation or built into a test kit.
pub(super) fn is_published(value: &str) -> bool {
    let digest = Sha256::digest(value.as_bytes());
    let head = digest.iter().take(4).fold(0_u32, |head, byte| head << 8 | u32::from(*byte));
    PUBLISHED.binary_search(&head).is_ok()
}

/// `SIGNING_KEY=53E6…` in a recipe, 40 digits: the fingerprint by which `GnuPG` finds a key.
pub(super) fn is_fingerprint(words: &[String], value: &str) -> bool {
    value.len() == 40
        && value.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
        && words.iter().any(|word| matches!(word.as_str(), "signing" | "sign" | "gpg" | "pgp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_by_place() {
        assert!(is_word("String", Where::Password) && is_word("apikey", Where::Url));
        assert!(is_word("secret", Where::Password) && !is_word("secret", Where::Signing));
    }

    #[test]
    fn published_values_are_known() {
        assert!(PUBLISHED.windows(2).all(|pair| pair[0] < pair[1]));
        let shown =
            ["sk_test_~4eC39HqLyjWDarjtT1zdp7dc", "AKIA~IOSFODNN7EXAMPLE", "6LeIxAcTAAAAAGG-~vFI1TnRWxMZNFuojJ4WifJWe"];
        assert!(shown.iter().all(|value| is_published(&value.replace('~', ""))));
        assert!(!is_published("sk_test_5eC39HqLyjWDarjtT1zdp7dc"));
    }
}
