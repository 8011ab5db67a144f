//! Logins that documents tell: "Username: `admin`, password: `admin123`" in a README or in the notes for an agent, tables
//! of accounts for a demonstration, and notes in plain text.
//!
//! Elsewhere only beside words for an administrator or for accounts that the program has, since the passwords of example
//! users of a guide are no secret; or where the password is one that a program made.

use std::ops::Range;

use super::value;

/// Lines about a password that are looked round for whose it is.
const ROUND: usize = 4;
/// Documents of so many bytes are read to the end.
const LONGEST: usize = 1 << 20;
/// How many are told of one document.
const MOST: usize = 20;

/// Words before a password.
const LABELS: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "pass",
    "pwd",
    "access code",
    "passcode",
    "pin",
    "senha",
    "contraseña",
    "contrasena",
    "clave",
    "mot de passe",
    "kennwort",
    "wachtwoord",
    "пароль",
    "密码",
    "pw",
];
/// Words before a key or token.
const KEYS: &[&str] =
    &["client secret", "secret key", "api key", "apikey", "api_key", "access token", "token", "secret"];
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
    "credenciai",
    "credenciale",
    "sign in",
];
/// Words for accounts that a program comes with.
const ACCOUNTS: &[&str] = &[
    "demo",
    "credential",
    "credenciai",
    "credenciale",
    "identifiant",
    "default user",
    "default login",
    "default account",
    "test user",
    "test account",
    "test login",
    "sample account",
    "conta",
    "cuenta",
    "seeded",
    "login details",
];

/// A document, line by line.
struct Document<'t> {
    text: &'t str,
    /// Where each line begins, and what it says in small letters.
    lines: Vec<(usize, String)>,
    /// Whether it is a note in plain text.
    notes: bool,
    /// Whether its name says that it is about logins.
    of_logins: bool,
}

/// Where the passwords of a document stand.
pub(super) fn passwords(text: &str, path: &str) -> Vec<Range<usize>> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text);
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let kept =
        ["require", "robots", "cmakelists", "licen", "copying", "readme", "changelog", "notice", "humans", "word"];
    let about = ["credential", "credenciai", "login", "password", "account", "senha", "acesso"];
    let mut document = Document {
        text,
        lines: Vec::new(),
        notes: name.rsplit_once('.').is_some_and(|(_, extension)| extension == "txt")
            && text.len() < 20_000
            && !kept.iter().any(|part| name.contains(part)),
        of_logins: about.iter().any(|part| name.contains(part)),
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        document.lines.push((start, line.to_ascii_lowercase()));
        start += line.len();
    }
    let mut found = Vec::new();
    let (mut heading, mut column) = ("", None);
    for (at, (start, line)) in document.lines.iter().enumerate() {
        if found.len() >= MOST {
            break;
        }
        if line.starts_with('#') || line.starts_with("**") || line.trim_end().ends_with(':') {
            heading = line;
        }
        column = if line.trim_start().starts_with('|') { column.or_else(|| column_of(line)) } else { None };
        let accounts = || document.of_logins || says(heading, ACCOUNTS);
        let range = document.labelled(at, &accounts).or_else(|| document.pair(at, &accounts));
        let range = range.or_else(|| cell(line, column?).filter(|range| document.is_login(at, range)));
        found.extend(range.map(|range| start + range.start..start + range.end));
    }
    found
}

impl Document<'_> {
    /// The same piece of a line as it is written.
    fn written(&self, at: usize, range: &Range<usize>) -> &str {
        let start = self.lines.get(at).map_or(0, |(start, _)| *start);
        self.text.get(start + range.start..start + range.end).unwrap_or_default()
    }

    /// Whether a line or those round it have a word.
    fn speaks(&self, at: usize, words: &[&str]) -> bool {
        self.lines[at.saturating_sub(ROUND)..(at + 3).min(self.lines.len())].iter().any(|(_, line)| says(line, words))
    }

    /// Whether the address of an account stands on a line or the two above.
    fn has_mail(&self, at: usize) -> bool {
        self.lines[at.saturating_sub(2)..=at].iter().any(|(_, line)| {
            let labelled = ["email", "e-mail", "correo", "login", "user"].iter().any(|word| has_word(line, word));
            labelled
                && line.split(|c: char| c.is_whitespace() || "`*\"'(),|<>:/".contains(c)).any(|word| {
                    let host = word.split_once('@').filter(|(name, _)| !name.is_empty()).map_or("", |(_, host)| host);
                    // An account of `example.com` is one if its password stands on the same line.
                    let whole = has_word(line, "password") || has_word(line, "pass");
                    host.contains('.') && (whole || !host.starts_with("example."))
                })
        })
    }

    fn is_quoted(&self, at: usize, end: usize) -> bool {
        self.lines[at].1.as_bytes().get(end).is_some_and(|byte| matches!(byte, b'`' | b'"' | b'\''))
    }

    /// The value behind a label: `password: x`.
    fn labelled(&self, at: usize, accounts: &dyn Fn() -> bool) -> Option<Range<usize>> {
        let line = &self.lines.get(at)?.1;
        if let Some(range) = told(line, LABELS, self.notes) {
            let value = self.written(at, &range);
            let whose = || {
                self.speaks(at, LOGINS) && (accounts() || self.speaks(at, RANKS) || self.speaks(at, ACCOUNTS))
                    || self.of_logins
                    || self.has_mail(at)
            };
            let known = is_password(value, self.is_quoted(at, range.end)) && (self.notes || whose());
            if known || is_made(value) {
                return Some(range);
            }
        }
        let range = self.notes.then(|| told(line, KEYS, true)).flatten()?;
        let value = self.written(at, &range);
        let issued = value::is_uuid(value) || value.len() >= 16 && value::is_random(value);
        (issued && !is_sample(value)).then_some(range)
    }

    /// `demo@shop.test / demo123`, `admin:admin123`.
    fn pair(&self, at: usize, accounts: &dyn Fn() -> bool) -> Option<Range<usize>> {
        let line = &self.lines.get(at)?.1;
        let (mark, found) = [" / ", " | ", ":"].iter().find_map(|mark| Some((*mark, line.find(mark)?)))?;
        let ends = |c: char| c.is_whitespace() || "`*\"'(),|".contains(c);
        let user = line[..found].trim_end_matches(['`', '*', '"', '\'']).rsplit(ends).next()?;
        let known = RANKS.contains(&user) || ["demo", "test", "user", "guest"].contains(&user);
        let mail = user.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let behind = found + mark.len();
        let skipped = line[behind..].bytes().take_while(|byte| b" `*\"'".contains(byte)).count();
        let from = behind + skipped;
        let length = line[from..].find(ends).unwrap_or(line.len() - from);
        let range = from..from + length;
        let value = self.written(at, &range);
        let written = mark != ":" || known && line[..found].ends_with(&format!("`{user}"));
        let named = || self.speaks(at, ACCOUNTS) || self.speaks(at, LOGINS);
        let whose = || self.notes || mail && mark == " / " || accounts() || named();
        (written && (known || mail) && is_password(value, self.is_quoted(at, range.end)) && whose()).then_some(range)
    }

    /// Whether a cell of a table of accounts is a password.
    fn is_login(&self, at: usize, range: &Range<usize>) -> bool {
        is_password(self.written(at, range), self.is_quoted(at, range.end))
    }
}

/// Whether a line has one of some words.
fn says(line: &str, words: &[&str]) -> bool {
    words.iter().any(|word| has_word(line, word))
}

/// Which column of a table holds passwords, if its head names users too.
fn column_of(line: &str) -> Option<usize> {
    let cell = |text: &str| text.trim().trim_matches(['*', '`', '_']).to_owned();
    let cells: Vec<String> = line.split('|').map(cell).collect();
    let users = cells.iter().any(|cell| LOGINS.iter().any(|word| cell.contains(word)) && cell.len() < 30);
    cells.iter().position(|cell| LABELS.contains(&cell.as_str())).filter(|_| users)
}

/// What stands in a column of a row.
fn cell(line: &str, column: usize) -> Option<Range<usize>> {
    let mut from = 0;
    for (at, text) in line.split('|').enumerate() {
        if at == column {
            let inner = text.trim().trim_matches(['`', '*']);
            let begin = from + text.find(inner)?;
            return (!inner.is_empty()).then_some(begin..begin + inner.len());
        }
        from += text.len() + 1;
    }
    None
}

/// The value behind a label: `password: x`, `| **Password** | x |`, `Password = "x"`; in notes also `pw x`.
fn told(line: &str, labels: &[&str], notes: bool) -> Option<Range<usize>> {
    for label in labels {
        let mut from = 0;
        while let Some(at) = line.get(from..)?.find(label).map(|at| from + at) {
            let end = at + label.len();
            from = end;
            let before = line[..at]
                .bytes()
                .next_back()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && (byte != b'_' || notes));
            let mark = |c: &char| " \t*_`\"'|:=)：-".contains(*c);
            let is = if notes && line[end..].starts_with(" is ") { 3 } else { 0 };
            let between: usize = is + line[end + is..].chars().take_while(mark).map(char::len_utf8).sum::<usize>();
            let separated = line[end..end + between].contains([':', '|', '=', '：']);
            if !before || !separated && (!notes || between == 0) || between > 24 {
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
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let telling = digits && (text.bytes().any(|byte| byte.is_ascii_alphabetic()) || value::is_weak_password(text));
    let word = quoted && text.bytes().all(|byte| byte.is_ascii_lowercase()) && value::is_weak_password(text);
    let escaped =
        text.split('%').skip(1).any(|part| part.len() >= 2 && part.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    let code = escaped || text.contains(['(', '{', '[', '.', '/', '$', '<']) || text.ends_with([':', ';']);
    graphic
        && (4..=40).contains(&text.len())
        && (telling || word)
        && !code
        && !value::is_reference(text)
        && !is_sample(text)
}

/// Whether a value says that another will stand there, or how one is made.
fn is_sample(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["your", "example", "changeme", "xxx", "placeholder", "min8", "sha256", "bcrypt", "utf"]
        .iter()
        .any(|part| lower.contains(part))
        || value::is_fake(text)
}

/// Whether a password is one that a program made, or a careful person: it needs no words round it.
fn is_made(text: &str) -> bool {
    let tests: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, u8::is_ascii_punctuation];
    let classes = tests.iter().filter(|test| text.as_bytes().iter().any(test)).count();
    let lower = text.to_ascii_lowercase();
    let worded =
        ["pass", "test", "demo", "secret", "secure", "admin", "user", "123"].iter().any(|part| lower.contains(part));
    classes >= 3
        && text.len() >= 10
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !worded
        && value::wordiness(text) < 0.6
        && is_password(text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(text: &str) -> Vec<&str> {
        passwords(text, "README.md").into_iter().map(|range| &text[range]).collect()
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
    fn accounts_of_demonstrations_are_told() {
        let accounts = "## Demo accounts\n\n| User | Password |\n|---|---|\n| ann | wonder-22 |\n| bob | `tree-41` |\n";
        assert_eq!(told_of(accounts), ["wonder-22", "tree-41"]);
        assert_eq!(told_of("**Credenciais:**\n📧 Email: ann@shop.test\n🔑 Senha: aluno123\n"), ["aluno123"]);
        assert_eq!(told_of("Test account: ann@shop.test / wonder-22\n"), ["wonder-22"]);
        assert_eq!(told_of("Log in as `admin:wonder-22`.\n"), ["wonder-22"]);
        assert_eq!(told_of("Database password: q8TzL4mWp2\n"), ["q8TzL4mWp2"]);
        let notes = |text: &'static str| -> Vec<&str> {
            passwords(text, "docs/server.txt").into_iter().map(|range| &text[range]).collect()
        };
        assert_eq!(
            notes("ssh ann@10.1.1.1 pw tree41\nclient secret f3Kq9ZxT0bWm7LpR2v\n"),
            ["tree41", "f3Kq9ZxT0bWm7LpR2v"]
        );
        assert_eq!(notes("the password must have 8 characters\ntoken bucket\nsecret: rotate\n"), Vec::<&str>::new());
    }

    #[test]
    fn other_words_and_users_pass() {
        for text in [
            "The admin logs in with a password: at least 8 characters.\n",
            "User: alice\nPassword: wonder-22\n",
            "Admin login\nPassword: <your password>\nPassword: your_password1\nPassword: ${ADMIN_PASSWORD}\n",
            "Admin account\n`password: string` is stored as a hash, password: bcrypt12\n",
            "| admin | account |\n| passwords | 12 |\n",
            "| Field | Password |\n|---|---|\n| length | min8chars |\n",
            "Send `ann@shop.test / 2024-01-02` to the user.\n",
            "## Demo\nUser: ann\nPassword: <your password>\n",
        ] {
            assert_eq!(told_of(text), Vec::<&str>::new(), "{text}");
        }
    }
}
