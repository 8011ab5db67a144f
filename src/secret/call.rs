//! Credentials that stand by their position: `getConnection(url, user, "…")`, `new SecretKeySpec("…".getBytes(), "AES")`,
//! `auth=("user", "…")`. Which argument is one is what the documentation of the library says that has the call.

use std::ops::Range;

use super::name::{self, SecretName};
use super::place::Place;
use super::stand_in::{self, Where};
use super::text;

/// Bytes of a call that are read.
const LONGEST: usize = 400;

/// Which argument it is.
#[derive(Debug, Clone, Copy)]
enum At {
    /// The one at this place, from 0.
    Place(usize),
    /// The last of so many.
    Last(usize, usize),
    /// The first that is a literal.
    Literal,
    /// As the receiver of `connect` says.
    Connect,
}

/// What the argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    /// A password, whatever it says.
    Login,
    /// A password, if it looks like one: others have a call of this name too.
    Perhaps,
    /// A password, if something above on the line says so: `find("password").sendKeys("…")`.
    Typed,
    /// The password of an account, which is hashed before it is kept.
    Hashed,
    /// What is signed or encrypted with.
    Key,
    /// The secret of an application.
    Secret,
}

/// How the calls end, in lower case with the bracket, and what stands where in them.
const CALLS: &[(&str, At, Is)] = &[
    // Data bases.
    ("getconnection(", At::Last(2, 3), Is::Login),
    ("mysqli(", At::Place(2), Is::Login),
    ("mysqli_connect(", At::Place(2), Is::Login),
    ("mysqli_real_connect(", At::Place(3), Is::Login),
    ("mysql_connect(", At::Place(2), Is::Login),
    ("mysql_pconnect(", At::Place(2), Is::Login),
    ("mysql_real_connect(", At::Place(3), Is::Login),
    ("real_connect(", At::Place(2), Is::Login),
    ("pdo(", At::Place(2), Is::Login),
    ("oci_connect(", At::Place(1), Is::Login),
    ("odbc_connect(", At::Place(2), Is::Login),
    ("ibase_connect(", At::Place(2), Is::Login),
    ("db2_connect(", At::Place(2), Is::Login),
    ("sequelize(", At::Place(2), Is::Login),
    ("mongocredential.createcredential(", At::Place(2), Is::Login),
    ("createscramsha1credential(", At::Place(2), Is::Login),
    ("createscramsha256credential(", At::Place(2), Is::Login),
    ("sqlcredential(", At::Place(1), Is::Login),
    ("jedis.auth(", At::Last(1, 2), Is::Login),
    ("keystore.load(", At::Last(2, 2), Is::Login),
    ("ks.load(", At::Last(2, 2), Is::Login),
    ("redis.auth(", At::Last(1, 2), Is::Login),
    ("authtokens.basic(", At::Place(1), Is::Login),
    // Mail, files, directories, the web.
    ("imap_open(", At::Place(2), Is::Login),
    ("ftp_login(", At::Place(2), Is::Login),
    ("ftplib.ftp(", At::Place(2), Is::Login),
    ("ldap_bind(", At::Place(2), Is::Login),
    ("ssh2_auth_password(", At::Place(2), Is::Login),
    ("plainauth(", At::Place(2), Is::Login),
    ("newdialer(", At::Place(3), Is::Login),
    ("newplaindialer(", At::Place(3), Is::Login),
    ("passwordauthentication(", At::Place(1), Is::Login),
    ("usernamepasswordcredentials(", At::Place(1), Is::Login),
    ("usernamepasswordtoken(", At::Place(1), Is::Perhaps),
    ("networkcredential(", At::Place(1), Is::Login),
    ("httpbasicauth(", At::Place(1), Is::Login),
    ("httpdigestauth(", At::Place(1), Is::Login),
    ("setbasicauth(", At::Place(1), Is::Login),
    ("basic_auth(", At::Place(1), Is::Perhaps),
    ("basicauth(", At::Place(1), Is::Perhaps),
    ("credentials.basic(", At::Place(1), Is::Login),
    (".basic(", At::Last(2, 2), Is::Perhaps),
    ("auth=(", At::Last(2, 2), Is::Login),
    ("gmail(", At::Last(2, 2), Is::Perhaps),
    ("login(", At::Last(2, 2), Is::Perhaps),
    ("authenticate(", At::Last(2, 2), Is::Perhaps),
    ("authenticateasync(", At::Last(2, 2), Is::Perhaps),
    ("connect(", At::Connect, Is::Perhaps),
    // Small devices.
    ("wifi.begin(", At::Place(1), Is::Login),
    ("softap(", At::Place(1), Is::Login),
    ("addap(", At::Place(1), Is::Login),
    ("autoconnect(", At::Last(2, 2), Is::Perhaps),
    ("username_pw_set(", At::Place(1), Is::Login),
    ("mqtt.setcredentials(", At::Last(2, 2), Is::Login),
    ("mqttclient.setcredentials(", At::Last(2, 2), Is::Login),
    // Accounts.
    ("create_superuser(", At::Place(2), Is::Perhaps),
    ("create_user(", At::Place(2), Is::Perhaps),
    ("signinwithemailandpassword(", At::Last(2, 3), Is::Perhaps),
    ("createuserwithemailandpassword(", At::Last(2, 3), Is::Perhaps),
    ("usermanager.createasync(", At::Last(2, 2), Is::Perhaps),
    ("addpasswordasync(", At::Place(1), Is::Perhaps),
    ("passwordsigninasync(", At::Place(1), Is::Perhaps),
    ("hash::make(", At::Place(0), Is::Hashed),
    ("bcrypt(", At::Place(0), Is::Hashed),
    ("bcrypt.hash(", At::Place(0), Is::Hashed),
    ("bcrypt.hashsync(", At::Place(0), Is::Hashed),
    ("bcrypt.generatefrompassword(", At::Place(0), Is::Hashed),
    ("bcrypt.hashpassword(", At::Place(0), Is::Hashed),
    ("hashpw(", At::Place(0), Is::Hashed),
    ("password_hash(", At::Place(0), Is::Hashed),
    ("generate_password_hash(", At::Place(0), Is::Hashed),
    ("encoder.encode(", At::Last(1, 1), Is::Hashed),
    ("hashpassword(", At::Last(1, 2), Is::Hashed),
    ("hash_password(", At::Last(1, 2), Is::Hashed),
    ("sendkeys(", At::Last(1, 1), Is::Typed),
    ("send_keys(", At::Last(1, 1), Is::Typed),
    (".fill(", At::Last(1, 2), Is::Typed),
    (".type(", At::Last(1, 3), Is::Typed),
    // What is signed and encrypted with.
    ("secretkeyspec(", At::Place(0), Is::Key),
    ("pbekeyspec(", At::Place(0), Is::Key),
    ("deskeyspec(", At::Place(0), Is::Key),
    ("hmacshakeyfor(", At::Place(0), Is::Key),
    ("hmac256(", At::Place(0), Is::Key),
    ("hmac384(", At::Place(0), Is::Key),
    ("hmac512(", At::Place(0), Is::Key),
    ("signwith(", At::Literal, Is::Key),
    ("setsigningkey(", At::Place(0), Is::Key),
    ("symmetricsecuritykey(", At::Place(0), Is::Key),
    ("rfc2898derivebytes(", At::Place(0), Is::Key),
    ("hmacsha1(", At::Last(1, 2), Is::Key),
    ("hmacsha256(", At::Last(1, 2), Is::Key),
    ("hmacsha512(", At::Last(1, 2), Is::Key),
    ("hmacmd5(", At::Last(1, 2), Is::Key),
    ("signedstring(", At::Place(0), Is::Key),
    ("return []byte(", At::Place(0), Is::Key),
    ("newcookiestore(", At::Place(0), Is::Key),
    ("cookie.newstore(", At::Place(0), Is::Key),
    ("redis.newstore(", At::Last(5, 6), Is::Key),
    ("hmac.new(", At::Literal, Is::Key),
    ("aes.new(", At::Place(0), Is::Key),
    ("des.new(", At::Place(0), Is::Key),
    ("des3.new(", At::Place(0), Is::Key),
    ("aes.newcipher(", At::Place(0), Is::Key),
    ("des.newcipher(", At::Place(0), Is::Key),
    ("hmac.hexdigest(", At::Place(1), Is::Key),
    ("hmac.digest(", At::Place(1), Is::Key),
    ("hash_hmac(", At::Place(2), Is::Key),
    ("openssl_encrypt(", At::Place(2), Is::Key),
    ("openssl_decrypt(", At::Place(2), Is::Key),
    ("aes.encrypt(", At::Place(1), Is::Key),
    ("aes.decrypt(", At::Place(1), Is::Key),
    ("des.encrypt(", At::Place(1), Is::Key),
    ("des.decrypt(", At::Place(1), Is::Key),
    ("createcipheriv(", At::Place(1), Is::Key),
    ("createdecipheriv(", At::Place(1), Is::Key),
    ("createcipher(", At::Place(1), Is::Key),
    ("createdecipher(", At::Place(1), Is::Key),
    ("createsecretkey(", At::Place(0), Is::Key),
    ("scryptsync(", At::Place(0), Is::Key),
    ("pbkdf2sync(", At::Place(0), Is::Key),
    ("fernet(", At::Place(0), Is::Key),
    ("urlsafetimedserializer(", At::Place(0), Is::Key),
    ("urlsafeserializer(", At::Place(0), Is::Key),
    ("timedjsonwebsignatureserializer(", At::Place(0), Is::Key),
    ("simplecrypto(", At::Place(0), Is::Key),
    ("cryptr(", At::Place(0), Is::Key),
    ("key.fromutf8(", At::Place(0), Is::Key),
    ("jwt.sign(", At::Place(1), Is::Key),
    ("jwt.verify(", At::Place(1), Is::Key),
    ("jsonwebtoken.sign(", At::Place(1), Is::Key),
    ("jwt.encode(", At::Place(1), Is::Key),
    ("jwt.decode(", At::Place(1), Is::Key),
    ("jwt::encode(", At::Place(1), Is::Key),
    ("jwt::decode(", At::Place(1), Is::Key),
    ("clientsecretcredential(", At::Place(2), Is::Secret),
];

/// What the automaton looks for.
pub(super) fn keywords() -> impl Iterator<Item = &'static str> {
    CALLS.iter().map(|(end, ..)| *end)
}

/// A credential by its position.
pub(super) struct Positioned<'t> {
    /// The name of the call.
    pub name: &'t str,
    /// What it is.
    pub secret: SecretName,
    /// Whether any literal there is one.
    pub sure: bool,
    /// Where the literal stands, without quotes.
    pub range: Range<usize>,
}

/// Reads the call of which the end of the name and the bracket begin at `hit`.
pub(super) fn at<'t>(text: &'t str, hit: usize, place: Place, path: &str) -> Option<Positioned<'t>> {
    let extension = super::place::extension(path);
    let seeds = path.to_ascii_lowercase().contains("seed");
    let extension = extension.as_str();
    let script = matches!(extension, "html" | "htm" | "ejs" | "erb" | "jsp");
    if place != Place::Source && !script {
        return None;
    }
    let bytes = text.as_bytes();
    let open = hit + memchr::memchr(b'(', bytes.get(hit..)?)?;
    let written = text.get(hit..=open)?;
    let known = |(end, ..): &&(&str, At, Is)| written.eq_ignore_ascii_case(end);
    let (end, which, is) = CALLS.iter().find(known)?;
    let before = hit.checked_sub(1).and_then(|at| bytes.get(at));
    let whole = end.contains(['.', ':']) || before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let declared = text.get(..hit)?.trim_end().ends_with(" function") || text.get(..hit)?.trim_end().ends_with("def");
    // `>>> get("…", auth=("ann", "…"))` shows how it is called.
    let shown = text.get(text::line_start(bytes, hit)..hit)?.trim_start().starts_with(">>>");
    if !whole || declared || shown {
        return None;
    }
    let args = arguments(bytes, open)?;
    let (index, sure) = match which {
        At::Place(index) => (*index, *is == Is::Login),
        At::Last(least, most) => ((*least..=*most).contains(&args.len()).then(|| args.len() - 1)?, *is == Is::Login),
        At::Literal => (args.iter().position(|arg| literal(text, arg).is_some())?, false),
        At::Connect => connect(text, hit, &args)?,
    };
    let range = literal(text, &fallback(text, args.get(index)?))?;
    let value = text.get(range.clone())?;
    if *is == Is::Typed && !types_password(text, hit, &args, index) {
        return None;
    }
    let user = index.checked_sub(1).and_then(|at| literal(text, args.get(at)?)).and_then(|range| text.get(range));
    if user.is_some_and(|user| is_stand_in(user, value) || user == value && *is != Is::Login) && *is != Is::Key {
        return None;
    }
    // What a framework's own generator of accounts says.
    if *is == Is::Hashed && stand_in::is_word(value, Where::Password) && !seeds {
        return None;
    }
    let mailed = user.is_some_and(|user| user.split_once('@').is_some_and(|(_, host)| host.contains('.')));
    let sure = sure || *is == Is::Hashed || *is == Is::Perhaps && mailed;
    // `return []byte("…")` to what asks for the key of a token.
    if end.starts_with("return") && !asks_for_key(text, hit) {
        return None;
    }
    let called = match is {
        Is::Login => "db_password",
        Is::Perhaps | Is::Typed | Is::Hashed => "password",
        Is::Key => "signing_key",
        Is::Secret => "client_secret",
    };
    let name = text.get(hit..open)?.rsplit(['.', ':', '=']).find(|part| !part.is_empty()).unwrap_or(end);
    Some(Positioned { name, secret: name::classify(called)?, sure: sure || *is == Is::Key, range })
}

/// `"username"` and the like stand where a user will be: so does the password behind it.
fn is_stand_in(user: &str, password: &str) -> bool {
    let lower = user.to_ascii_lowercase();
    ["your", "<", "example", "xxx"].iter().any(|part| lower.contains(part))
        || stand_in::is_word(password, Where::Url)
            && matches!(lower.as_str(), "user" | "login" | "email" | "username" | "user_name")
}

/// Whether a function that is given a token stands above.
fn asks_for_key(text: &str, hit: usize) -> bool {
    let from = text.floor_char_boundary(hit.saturating_sub(400));
    text.get(from..hit).is_some_and(|above| above.to_ascii_lowercase().contains("jwt"))
}

/// Which argument of `connect` is the password, and whether it is so for sure.
fn connect(text: &str, hit: usize, args: &[Range<usize>]) -> Option<(usize, bool)> {
    let head = text.get(..hit)?;
    let receiver = head.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c)).next()?.to_ascii_lowercase();
    let of = |parts: &[&str]| parts.iter().any(|part| receiver.contains(part));
    let number = |at: usize| {
        let arg = args.get(at).and_then(|range| text.get(range.clone()));
        arg.is_some_and(|arg| !arg.is_empty() && arg.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match args.len() {
        2 if of(&["wlan", "wifi", "sta", "nic"]) => Some((1, true)),
        3..=6 if of(&["sql", "db", "maria", "oracle"]) => Some((2, true)),
        4 | 5 if number(1) => Some((3, false)),
        3 | 4 | 7 => Some((2, false)),
        _ => None,
    }
}

/// What is used for want of another: the right side of `a || "…"`.
fn fallback(text: &str, arg: &Range<usize>) -> Range<usize> {
    let written = text.get(arg.clone()).unwrap_or_default();
    let marks = ["||", "??", " or ", "?:"];
    let at = marks.iter().find_map(|mark| written.rfind(mark).map(|at| at + mark.len())).unwrap_or(0);
    let quote = written.find(['"', '\'', '`']).unwrap_or(0);
    if at > 0 && at <= quote { trimmed(text.as_bytes(), arg.start + at..arg.end) } else { arg.clone() }
}

/// Whether what is typed goes into the field of a password.
fn types_password(text: &str, hit: usize, args: &[Range<usize>], index: usize) -> bool {
    let line = text::line_start(text.as_bytes(), hit)..hit;
    let places = [Some(line), args.first().filter(|_| index > 0).cloned()];
    places.into_iter().flatten().filter_map(|range| text.get(range)).any(|told| {
        let told = told.to_ascii_lowercase();
        told.contains("passw") || told.contains("pwd") || told.contains("_pass") || told.contains("#pass")
    })
}

/// The arguments of the call that opens at `open`.
fn arguments(bytes: &[u8], open: usize) -> Option<Vec<Range<usize>>> {
    let end = bytes.len().min(open + LONGEST);
    let (mut args, mut depth, mut from, mut at) = (Vec::new(), 0_usize, open + 1, open + 1);
    while at < end {
        match bytes[at] {
            quote @ (b'"' | b'\'' | b'`') => at = closing(bytes, at, quote, end)?,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth > 0 => depth -= 1,
            b')' => {
                args.push(trimmed(bytes, from..at));
                return Some(args);
            }
            b',' if depth == 0 => {
                args.push(trimmed(bytes, from..at));
                from = at + 1;
            }
            b';' if depth == 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let inner = &bytes[range.clone()];
    let left = inner.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let right = inner[left..].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    range.start + left..range.end - right
}

/// Where a literal that opens at `open` ends.
fn closing(bytes: &[u8], open: usize, quote: u8, end: usize) -> Option<usize> {
    // `\"…\"` of a notebook.
    let escaped = open.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'\\');
    let mut at = open + 1;
    while at < end {
        match bytes[at] {
            b'\\' if escaped && bytes.get(at + 1) == Some(&quote) => return Some(at + 1),
            b'\\' => at += 1,
            b'\n' if quote != b'`' => return None,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Calls that only turn a literal into another type.
const WRAPPERS: [&str; 17] = [
    "byte",
    "bytes",
    "bytearray",
    "getbytes",
    "from",
    "string",
    "encode",
    "fromutf8",
    "symmetricsecuritykey",
    "secretstr",
    "key",
    "some",
    "f",
    "parse",
    "hmacshakeyfor",
    "stringvalue",
    "securestring",
];

/// The inside of the literal that an expression is, maybe in a wrapper: `"…".getBytes()`, `[]byte("…")`,
/// `Encoding.UTF8.GetBytes("…")`.
pub(super) fn literal(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let inner = bytes.get(range.clone())?;
    let quote = range.start + inner.iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let head = text.get(range.start..quote)?;
    let head = head.strip_suffix('\\').unwrap_or(head);
    let bare = head.is_empty() || matches!(head, "b" | "r" | "u" | "@" | "L" | "N");
    let wraps = head.trim_end_matches(['b', 'r', '@']).strip_suffix('(').is_some_and(|head| {
        let name = head.trim_end_matches("[]").trim_end_matches(')');
        let name = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        let plain = head.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:[]( *&>-".contains(&byte));
        plain && head.len() < 80 && WRAPPERS.contains(&name.to_ascii_lowercase().as_str())
    });
    if !bare && !wraps {
        return None;
    }
    let close = closing(bytes, quote, bytes[quote], range.end)?;
    let tail = text.get(close + 1..range.end)?.trim_start();
    let converts = ["chararray", "bytes", "encode", "tobytearray", "string", "into", "data", "utf8", "to_owned"];
    let method = tail.strip_prefix(['.', '!']).map(str::to_ascii_lowercase);
    let turned = method.is_some_and(|method| {
        let name = method.split('(').next().unwrap_or("");
        converts.iter().any(|known| name.contains(known))
    });
    let ends = tail.is_empty() || turned || wraps && tail.starts_with([')', ',']);
    // What stands before an escaped quote is no part of the literal.
    let inside = quote + 1..close - usize::from(bytes[close - 1] == b'\\' && close > quote + 1);
    // `secret.getBytes("UTF-8")`: how to write something, not what.
    let charset = text.get(inside.clone()).map(str::to_ascii_lowercase).is_some_and(|value| {
        ["utf", "ascii", "latin", "iso-", "us-ascii", "base64", "hex"].iter().any(|start| value.starts_with(start))
    });
    if charset && inside.len() <= 12 {
        return None;
    }
    // The mark of a password in plain text in Spring Security.
    let marked = text.get(inside.clone()).is_some_and(|value| value.starts_with("{noop}"));
    let inside = if marked { inside.start + 6..inside.end } else { inside };
    (ends && !inside.is_empty()).then_some(inside)
}

/// The literal that a name is set to by a call: `ds.setPassword("…")`, `.password("…")`.
pub(super) fn set_by(text: &str, start: usize, name: &str, open: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let last = name.rsplit(['.', '-']).next().unwrap_or(name);
    let before = text.get(..start)?;
    let member = name.contains('.')
        || bytes.get(start) == Some(&b'.')
        || ["->", "::", "."].iter().any(|mark| before.ends_with(mark));
    (is_setter(last) && (member || last.starts_with("set"))).then_some(())?;
    let args = arguments(bytes, open)?;
    match args.as_slice() {
        [only] => literal(text, only),
        _ => None,
    }
}

/// Whether a method sets what it is called after: `setPassword`, `withToken`, `password`.
pub(super) fn is_setter(called: &str) -> bool {
    const NOUNS: [&str; 18] = [
        "access",
        "admin",
        "api",
        "auth",
        "client",
        "consumer",
        "db",
        "encryption",
        "jwt",
        "pass",
        "passwd",
        "password",
        "private",
        "pwd",
        "secret",
        "signing",
        "token",
        "user",
    ];
    let words = name::words(called);
    let first = words.first().map_or("", String::as_str);
    (matches!(first, "set" | "with") && words.len() > 1) || NOUNS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'t>(text: &'t str, end: &str) -> Option<&'t str> {
        let hit = text.to_ascii_lowercase().find(end).unwrap();
        at(text, hit, Place::Source, "A.java").and_then(|found| text.get(found.range))
    }

    #[test]
    fn positions() {
        assert_eq!(read("DriverManager.getConnection(URL, \"a\", \"tree\");", "getconnection("), Some("tree"));
        assert_eq!(read("DriverManager.getConnection(\"jdbc:h2:mem\");", "getconnection("), None);
        assert_eq!(read("new SecretKeySpec(\"tree\".getBytes(), \"AES\")", "secretkeyspec("), Some("tree"));
        assert_eq!(read("new SecretKeySpec(key, \"AES\")", "secretkeyspec("), None);
        assert_eq!(read("hmac.New(sha256.New, []byte(\"tree\"))", "hmac.new("), Some("tree"));
        assert_eq!(read("smtp.connect(\"h\", 25, \"u\", \"tree\")", "connect("), Some("tree"));
        assert_eq!(read("connect(\"username\", \"x\", \"tree\")", "connect("), Some("tree"));
        assert_eq!(read("login(\"username\", \"password\")", "login("), None);
        assert_eq!(read("login(\"a\", \"tree\" + x)", "login("), None);
        assert_eq!(read("relogin(\"a\", \"tree\")", "login("), None);
        assert_eq!(read("field(\"password\").sendKeys(\"tree\")", "sendkeys("), Some("tree"));
        assert_eq!(read("field(\"name\").sendKeys(\"tree\")", "sendkeys("), None);
    }

    #[test]
    fn setters() {
        let set = |text: &str| {
            let open = text.find('(').unwrap();
            let start = text[..open].rfind(['.', '>']).map_or(0, |at| at + 1);
            set_by(text, start, &text[start..open], open).map(|range| text[range].to_owned())
        };
        assert_eq!(set("ds.setPassword(\"tree\")").as_deref(), Some("tree"));
        assert_eq!(set("$m->setPassword('tree')").as_deref(), Some("tree"));
        assert_eq!(set("b.password(\"tree\".toCharArray())").as_deref(), Some("tree"));
        assert_eq!(set("b.getPassword(\"tree\")"), None);
        assert_eq!(set("b.password(\"tree\", \"label\")"), None);
        assert_eq!(set("b.findByToken(\"tree\")"), None);
    }
}
