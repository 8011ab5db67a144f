//! Logins that documents tell: "Username: `admin`, password: `admin123`" in a README or in the notes for an agent.
//!
//! Only next to words for an administrator or owner, since the passwords of example users of a guide are no secret.

use std::ops::Range;

use super::value;

/// Lines about a password that are looked round for whose it is.
const ROUND: usize = 4;
/// Documents of so many bytes are read to the end.
const LONGEST: usize = 1 << 20;
/// How many are told of one document.
const MOST: usize = 10;

/// Words before a password.
const LABELS: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "pass",
    "access code",
    "passcode",
    "pin",
    "senha",
    "contraseña",
    "mot de passe",
];
/// Words for those who may do everything.
const RANKS: &[&str] =
    &["admin", "administrator", "administrador", "superuser", "superadmin", "root", "owner", "staff"];
/// Words for a login.
const LOGINS: &[&str] = &[
    "user",
    "username",
    "usuario",
    "usuário",
    "utilisateur",
    "email",
    "e-mail",
    "login",
    "log in",
    "account",
    "credential",
    "sign in",
];

/// Where the passwords of a document stand.
pub(super) fn passwords(text: &str) -> Vec<Range<usize>> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.push((start, line.to_ascii_lowercase()));
        start += line.len();
    }
    let mut found = Vec::new();
    for (at, (start, lower)) in lines.iter().enumerate() {
        if found.len() >= MOST {
            break;
        }
        let Some(range) = told(lower) else { continue };
        let Some(value) = text.get(start + range.start..start + range.end) else { continue };
        let round = &lines[at.saturating_sub(ROUND)..(at + 3).min(lines.len())];
        let speaks = |words: &[&str]| round.iter().any(|(_, line)| words.iter().any(|word| has_word(line, word)));
        let quoted = text.as_bytes().get(start + range.end).is_some_and(|byte| matches!(byte, b'`' | b'"' | b'\''));
        if speaks(RANKS) && speaks(LOGINS) && is_password(value, quoted) {
            found.push(start + range.start..start + range.end);
        }
    }
    found
}

/// The value behind a label: `password: x`, `| **Password** | x |`, `Password = "x"`.
fn told(line: &str) -> Option<Range<usize>> {
    for label in LABELS {
        let mut from = 0;
        while let Some(at) = line.get(from..)?.find(label).map(|at| from + at) {
            let end = at + label.len();
            from = end;
            let before =
                line[..at].bytes().next_back().is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
            let between = line[end..].bytes().take_while(|byte| b" \t*_`\"'|:=)".contains(byte)).count();
            let separated = line[end..end + between].contains([':', '|', '=']);
            if !before || !separated || between > 24 {
                continue;
            }
            let value = end + between;
            let length = line[value..]
                .bytes()
                .position(|byte| {
                    byte.is_ascii_whitespace() || matches!(byte, b'`' | b'"' | b'\'' | b'|' | b',' | b')' | b'<')
                })
                .unwrap_or(line.len() - value);
            let stars = line[value..value + length].bytes().rev().take_while(|byte| *byte == b'*').count();
            return (length > stars).then_some(value..value + length - stars);
        }
    }
    None
}

/// A word that stands by itself, or with an `s`.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].bytes().next_back();
        let after = line[at + word.len()..].trim_start_matches('s').bytes().next();
        before.is_none_or(|byte| !byte.is_ascii_alphabetic()) && after.is_none_or(|byte| !byte.is_ascii_alphabetic())
    })
}

fn is_password(text: &str, quoted: bool) -> bool {
    let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
    let telling = text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let word = quoted && text.bytes().all(|byte| byte.is_ascii_lowercase()) && value::is_weak_password(text);
    let code = text.contains(['(', '{', '[', '.', '/', '$', '<']) || text.ends_with([':', ';']);
    graphic
        && (4..=40).contains(&text.len())
        && (telling || word)
        && !code
        && !value::is_reference(text)
        && !["your", "example", "changeme", "xxx", "placeholder", "min8", "sha256", "bcrypt", "utf"]
            .iter()
            .any(|part| text.to_ascii_lowercase().contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(text: &str) -> Vec<&str> {
        passwords(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn logins_of_administrators_are_told() {
        let list = "Log in at /admin:\n- Username: `admin`\n- Password: `hunter-22`\n";
        assert_eq!(told_of(list), ["hunter-22"]);
        let table = "| Email | boss@shop.test |\n| **Password** | k48boss |\n| User type | admin |\n";
        assert_eq!(told_of(table), ["k48boss"]);
        assert_eq!(told_of("Default admin account: user `admin`, password: `admin`\n"), ["admin"]);
    }

    #[test]
    fn other_words_and_users_pass() {
        for text in [
            "The admin logs in with a password: at least 8 characters.\n",
            "User: alice\nPassword: wonder-22\n",
            "Admin login\nPassword: <your password>\nPassword: your_password1\nPassword: ${ADMIN_PASSWORD}\n",
            "Admin account\n`password: string` is stored as a hash, password: bcrypt12\n",
            "| admin | account |\n| passwords | 12 |\n",
        ] {
            assert_eq!(told_of(text), Vec::<&str>::new(), "{text}");
        }
    }
}
