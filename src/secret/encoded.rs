//! Tests: secrets that are not written as they are, in every writing that is read, and what must not be taken for one.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn token() -> String {
    "sk_live_~4Nq8TzL4mWp2RkVxY7bHc3Ds".replace('~', "")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut bits = 0_u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..=chunk.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
        out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    out
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Rule, place and message of what is found.
fn found(path: &str, text: &str) -> Vec<(String, String, String)> {
    let scan = scan(&SourceFile::new(path, text), None, CodeContext::Production);
    let shown = format!("{:?}", scan.findings);
    assert!(!shown.contains(&token()), "{shown}");
    let of = |finding: Finding| (finding.rule, finding.location.to_string(), finding.message);
    scan.findings.into_iter().map(of).collect()
}

#[test]
fn every_writing_is_read() {
    let token = token();
    let line = format!("key: {token}");
    let utf16: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let long = format!("A file of several words, one of them being {token}, and some more of them to fill the lines.");
    let wrapped: Vec<String> =
        base64(long.as_bytes()).as_bytes().chunks(64).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    let escaped: String = line.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    });
    let (head, tail) = token.split_at(14);
    for (text, how) in [
        (format!("x\ndata = '{}'", base64(line.as_bytes())), "base64"),
        (format!("x\ndata = '{}'", hex(&line)), "hexadecimal digits"),
        (format!("x\ngo = '{escaped}'"), "URL-encoding"),
        (format!("x\nrun -enc {}", base64(&utf16)), "base64"),
        (format!("x\n{}", wrapped.join("\n")), "base64"),
        (format!("x\n\"{}\"", wrapped.join("\\n")), "base64"),
        (format!("x\ndata = '{}'", base64(base64(line.as_bytes()).as_bytes())), "base64 in base64"),
        (format!("x\ndata = '{}'", base64(escaped.as_bytes())), "URL-encoding in base64"),
        (format!("x\nk = \"{head}\" + \"{tail}\""), "literals put together"),
        (format!("x\nk = \"{head}\" +\n    '{tail}'"), "literals put together"),
        (format!("x\nk = (\"{head}\"\n     \"{tail}\")"), "literals put together"),
        (format!("x\nexport K={head}\\\n{tail}"), "a word on two lines"),
    ] {
        let found = found("notes", &text);
        assert_eq!(found.len(), 1, "{how}: {text}\n{found:?}");
        assert_eq!(found[0].0, "secret/stripe-live-key");
        assert!(found[0].1.starts_with("notes:2"), "{}", found[0].1);
        assert!(found[0].2.ends_with(&format!("decoded from {how}")), "{}", found[0].2);
    }
}

#[test]
fn a_third_layer_and_plain_words_are_left_alone() {
    let thrice = base64(base64(base64(token().as_bytes()).as_bytes()).as_bytes());
    assert_eq!(found("notes", &format!("data = '{thrice}'")), []);
    let words = base64(b"the password is written on the wall, and nowhere else");
    assert_eq!(found("notes", &format!("data = '{words}'")), []);
    // The parts of a list are no joined literals.
    let token = token();
    let (head, tail) = token.split_at(14);
    assert_eq!(found("a.py", &format!("k = [\"{head}\",\n     \"{tail}\"]")), []);
}

#[test]
fn an_encoded_configuration_tells_names_too() {
    let config = "DB_HOST=db.registry.example\nDB_PASSWORD=~f3Kq9ZxT0bWm7LpR2vHs\nPORT=1\n".replace('~', "");
    let found = found("deploy.yml", &format!("env: {}", base64(config.as_bytes())));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, HARD_CODED);
}

#[test]
fn what_is_written_as_it_is_wins() {
    let line = format!("k = \"{}\" + \"and more\"", token());
    let found = found("notes", &line);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].2.contains("decoded"), "{}", found[0].2);
}

#[test]
fn snippets_mask_the_encoded_text() {
    let encoded = base64(format!("key: {}", token()).as_bytes());
    let file = SourceFile::new("notes", format!("data = '{encoded}'"));
    let scan = scan(&file, None, CodeContext::Production);
    let shown = crate::base::mask::mask_line(file.text(), &scan.spans);
    assert!(!shown.contains(&encoded[8..40]), "{shown}");
}

#[test]
fn a_lazy_search_finds_what_a_tree_tells() {
    for text in [
        "API_KEY = 'f3Kq9ZxT0bWm7LpR2vHs'\n", // stageclear: ignore[secret/hard-coded-credential] made up for this test
        "def f(api_key='f3Kq9ZxT0bWm7LpR2vHs'): pass\n",
        "x = {'client_secret': 'f3Kq9ZxT0bWm7LpR2vHs'}\n",
        "print('nothing')\n",
    ] {
        let file = SourceFile::new("a.py", text);
        let frontend = frontend::of("a.py").unwrap();
        let tree = frontend.parse(&file, frontend.language_of("a.py").unwrap()).0;
        let whole = scan(&file, Some(&tree), CodeContext::Production);
        assert_eq!(search(&file, CodeContext::Production, 1 << 20).findings, whole.findings, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn pieces_never_panic_and_lie_in_the_text(text in "[A-Za-z0-9+/=%\"'\\\\ \n+.é]{0,400}") {
        for piece in decode::pieces(&text, false, &mut decode::Budget::default()) {
            prop_assert!(text.get(piece.range.clone()).is_some(), "{piece:?}");
        }
    }
}

/// Were the work quadratic in the line, this would not end.
#[test]
fn long_lines_of_beginnings_are_gone_through() {
    for part in ["%41%42", "'a' + ", "\"\n\"", "QUJD", "QUJD\n", "\\\nab", "41424344"] {
        let text = part.repeat(300_000);
        let _ = decode::pieces(&text, false, &mut decode::Budget::default());
    }
}
