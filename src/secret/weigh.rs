//! What named values weigh that no rule of [`super::assign`] settles. Traits of the name, the value, the file and what
//! stands round them each add to the scale or take from it ([`super::weights`]); what is over the mark is told.

use super::assign::{File, Judgement, Way};
use super::name::{Kind, words};
use super::nearby::{Call, Nearby, is_weighable};
use super::owner::{is_owned, names_issuer};
use super::place::{Place, extension, is_live, tells_of_others};
use super::stand_in::{self, Where};
use super::value;
use super::weights::{MARK, Trait, WEIGHTS};
use crate::base::{CodeContext, Confidence, Severity};

/// A value on the scale.
pub(super) struct Load<'a> {
    /// The whole file.
    pub text: &'a str,
    pub found: &'a Nearby<'a>,
    pub file: &'a File<'a>,
}

/// Judges by weight, with the traits that speak for it most; `None` if it is too light.
pub(super) fn judge(load: &Load<'_>) -> Option<(Judgement, String)> {
    let file = load.file;
    let asked = is_live(file.context) && file.place != Place::DotenvExample && !tells_of_others(file.path);
    // `PGPASSWORD=postgres psql …` in a script: for one command, on the machine that it runs on.
    let once = file.place == Place::Shell && load.found.assignment.way == Way::Argument;
    if !asked || once || !is_weighable(&load.found.assignment, load.found.faint) {
        return None;
    }
    let traits = traits(load);
    let weight = || WEIGHTS.iter().filter(|(one, ..)| traits & bit(*one) != 0);
    let sum: f32 = weight().map(|(_, weight, _)| weight).sum();
    if sum < MARK {
        return None;
    }
    let mut told: Vec<(f32, &str)> = weight().map(|(_, weight, told)| (*weight, *told)).collect();
    told.sort_by(|a, b| b.0.total_cmp(&a.0));
    let told: Vec<&str> = told.iter().take(3).map(|(_, told)| *told).collect();
    let judged = Judgement {
        severity: Severity::Medium,
        confidence: if sum >= MARK + 1.5 { Confidence::Medium } else { Confidence::Low },
        common: load.found.assignment.secret.kind == Kind::Password && !value::is_random(load.found.assignment.value),
    };
    Some((judged, format!("for it speak: {}", told.join(", "))))
}

fn bit(one: Trait) -> u128 {
    1 << one as u8
}

fn traits(load: &Load<'_>) -> u128 {
    let mut set = 0;
    of_name(load, &mut set);
    of_place(load, &mut set);
    of_value(load, &mut set);
    of_surroundings(load, &mut set);
    set
}

/// Adds those that hold.
fn add(set: &mut u128, all: &[(Trait, bool)]) {
    for (one, _) in all.iter().filter(|(_, holds)| *holds) {
        *set |= bit(*one);
    }
}

fn of_name(load: &Load<'_>, set: &mut u128) {
    let one = &load.found.assignment;
    let has = |known: &[&str]| one.secret.words.iter().any(|word| known.contains(&word.as_str()));
    add(
        set,
        &[
            (Trait::NamePassword, one.secret.kind == Kind::Password),
            (Trait::NameSigning, one.secret.kind == Kind::Signing),
            (Trait::NameKey, one.secret.kind == Kind::Key),
            (Trait::NameToken, one.secret.kind == Kind::Token),
            (Trait::NameSecret, one.secret.kind == Kind::Secret),
            (Trait::NameFaint, load.found.faint),
            (Trait::NameOwned, is_owned(&one.secret)),
            (Trait::NameIssuer, names_issuer(&one.secret)),
            (Trait::NameBare, one.secret.words == [super::section::BARE]),
            (Trait::NameShouts, !one.name.bytes().any(|byte| byte.is_ascii_lowercase())),
            (Trait::NameTest, has(&["test", "tests", "testing", "mock", "wrong", "bad", "temp", "tmp"])),
            (Trait::NameNew, has(&["new", "old", "current", "confirm", "confirmation", "repeat", "plain", "default"])),
            (Trait::WayPosition, one.way == Way::Position),
            (Trait::WayAssigned, one.way == Way::Assigned),
            (Trait::WayEntry, one.way == Way::Entry),
            (Trait::WayArgument, one.way == Way::Argument),
            (Trait::WayFallback, one.way == Way::Fallback),
            (Trait::WayCompared, one.way == Way::Compared),
            (Trait::WayBare, one.way == Way::Bare),
            (Trait::WayCommented, one.way == Way::Commented),
            (Trait::CallHash, load.found.call == Call::Hash),
            (Trait::CallOther, load.found.call == Call::Other),
        ],
    );
}

fn of_place(load: &Load<'_>, set: &mut u128) {
    let (path, place) = (load.file.path.to_ascii_lowercase(), load.file.place);
    let part = |known: &[&str]| path.split(['/', '.', '-', '_', ' ']).any(|part| known.contains(&part));
    let holds = |known: &[&str]| known.iter().any(|part| path.contains(part));
    let ends = extension(&path);
    let view = matches!(ends.as_str(), "vue" | "jsx" | "tsx" | "html" | "htm" | "svelte" | "cshtml" | "erb" | "ejs");
    add(
        set,
        &[
            (Trait::InSource, place == Place::Source),
            (Trait::InDotenv, place == Place::Dotenv),
            (Trait::InConfig, place == Place::Config),
            (Trait::InShell, place == Place::Shell),
            (Trait::InProse, place == Place::Prose && !view),
            (Trait::InSample, place == Place::DotenvExample || load.file.context == CodeContext::Example),
            (Trait::InDevelopment, load.file.context == CodeContext::Development),
            (Trait::PathSeed, holds(&["seed", "populate", "create_superuser", "createadmin", "initial"])),
            (Trait::PathTest, holds(&["test", "spec", "e2e", "mock", "fixture", "fake", "stub", "bench"])),
            (Trait::PathDocs, part(&["doc", "docs", "documentation", "readme", "guide", "tutorial", "md", "rst"])),
            (Trait::PathDemo, part(&["example", "examples", "demo", "demos", "sample", "samples", "template"])),
            (Trait::PathScript, part(&["script", "scripts", "tools", "bin", "hack", "ci", "github"])),
            (Trait::PathView, view || part(&["components", "views", "pages", "screens", "templates", "forms", "ui"])),
            (
                Trait::PathModel,
                part(&[
                    "schema",
                    "schemas",
                    "dto",
                    "model",
                    "models",
                    "types",
                    "constants",
                    "constant",
                    "enums",
                    "errors",
                ]),
            ),
            (Trait::PathConfig, part(&["config", "configs", "settings", "application", "appsettings", "conf", "env"])),
            (Trait::PathDevice, matches!(ends.as_str(), "ino" | "cpp" | "c" | "h" | "hpp")),
            (Trait::PathScripted, matches!(ends.as_str(), "php" | "rb" | "pl")),
            (
                Trait::PathTyped,
                matches!(ends.as_str(), "java" | "cs" | "kt" | "go" | "swift" | "scala" | "rs" | "dart"),
            ),
        ],
    );
}

fn of_value(load: &Load<'_>, set: &mut u128) {
    let text = load.found.assignment.value;
    let bytes = text.as_bytes();
    let lower = text.to_ascii_lowercase();
    let all = |test: fn(&u8) -> bool| bytes.iter().all(test);
    let any = |test: fn(&u8) -> bool| bytes.iter().any(test);
    let (upper_case, lower_case, digits) =
        (any(u8::is_ascii_uppercase), any(u8::is_ascii_lowercase), any(u8::is_ascii_digit));
    let marks = bytes.iter().any(|byte| byte.is_ascii_punctuation() && !b"_-. ".contains(byte));
    let classes =
        u8::from(upper_case) + u8::from(lower_case) + u8::from(digits) + u8::from(any(u8::is_ascii_punctuation));
    let says = |known: &[&str]| known.iter().any(|part| lower.contains(part));
    let blanks = text.matches(' ').count();
    let (of, told) = (value::folded(load.found.assignment.name), value::folded(text));
    let parts: Vec<String> = words(text);
    let worded = parts
        .iter()
        .any(|part| ["password", "passwd", "secret", "token", "key", "auth", "credential"].contains(&part.as_str()));
    let wordiness = value::wordiness(text);
    let slug = text.contains(['_', '-', ':', '.', '/'])
        && bytes.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-:./".contains(byte));
    let hump = bytes.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let run = value::longest_sequence(text);
    add(
        set,
        &[
            (Trait::Long3, text.len() <= 4),
            (Trait::Long5, (5..8).contains(&text.len())),
            (Trait::Long8, (8..12).contains(&text.len())),
            (Trait::Long12, (12..16).contains(&text.len())),
            (Trait::Long16, (16..24).contains(&text.len())),
            (Trait::Long24, text.len() >= 24),
            (Trait::Digits, all(u8::is_ascii_digit)),
            (Trait::Lower, all(u8::is_ascii_lowercase)),
            (Trait::Shouts, !lower_case && upper_case && !digits),
            (Trait::Title, bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_lowercase)),
            (Trait::Camel, hump && all(u8::is_ascii_alphabetic)),
            (Trait::Mixed, digits && (lower_case || upper_case)),
            (Trait::Marks, marks),
            (Trait::Classes3, classes == 3),
            (Trait::Classes4, classes == 4),
            (Trait::Weak, value::is_weak_password(text)),
            (Trait::Fake, value::is_fake(text)),
            (Trait::StandIn, stand_in::is_word(text, Where::Url)),
            (Trait::Random, value::is_random(text)),
            (Trait::Wordy, wordiness >= 0.78),
            (Trait::Rare, wordiness < 0.6),
            (Trait::Digest, value::is_digest(text) || text.starts_with("$2")),
            (Trait::Uuid, value::is_uuid(text)),
            (Trait::Repeats, !told.is_empty() && (of.ends_with(&told) || told.ends_with(&of) && of.len() >= 4)),
            (Trait::Worded, worded),
            (
                Trait::SaysTest,
                says(&["test", "demo", "example", "dummy", "fake", "mock", "sample", "wrong", "invalid", "foo"]),
            ),
            (
                Trait::Asks,
                says(&["your", "enter", "change", "replace", "insert", "here", "todo", "must", "please", "tu-", "xxx"]),
            ),
            (Trait::Shaped, value::is_shaped(text)),
            (Trait::Reference, value::is_reference(text)),
            (Trait::Slug, slug),
            (Trait::Spaced, blanks == 1),
            (Trait::Sentence, blanks >= 2),
            (Trait::Foreign, !text.is_ascii()),
            (Trait::Sequence, run * 2 > text.len()),
            (Trait::Year, says(&["201", "202", "199"])),
            (Trait::Stopped, text.ends_with([':', '?', '!', '.', '*', '…', ')'])),
            (Trait::Bracketed, text.contains(['(', ')', '[', ']', '{', '}', '<', '>', '|', ','])),
        ],
    );
}

/// Bytes round a value that tell what it is for.
const ROUND: usize = 240;

fn of_surroundings(load: &Load<'_>, set: &mut u128) {
    let range = &load.found.assignment.range;
    let floor = |at: usize| load.text.floor_char_boundary(at.min(load.text.len()));
    let near = load.text.get(floor(range.start.saturating_sub(ROUND))..floor(range.end + ROUND)).unwrap_or_default();
    let near = near.to_ascii_lowercase();
    let begin = super::text::line_start(load.text.as_bytes(), range.start);
    let before = load.text.get(floor(begin)..range.start).unwrap_or_default().to_ascii_lowercase();
    let behind = load.text.get(range.end..floor(range.end + 120)).unwrap_or_default();
    let behind = behind.split('\n').next().unwrap_or_default().to_ascii_lowercase();
    let round = |known: &[&str]| known.iter().any(|part| near.contains(part));
    let line = |known: &[&str]| known.iter().any(|part| before.contains(part) || behind.contains(part));
    let mail = near.match_indices('@').any(|(at, _)| {
        let host =
            near[at + 1..].split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').next().unwrap_or("");
        host.contains('.') && at > 0 && near.as_bytes()[at - 1].is_ascii_alphanumeric()
    });
    let secrets = near.matches("password").count() + near.matches("secret").count() + near.matches("token").count();
    add(
        set,
        &[
            (
                Trait::NearText,
                line(&[
                    "label",
                    "placeholder",
                    "title",
                    "text",
                    "message",
                    "msg",
                    "error",
                    "alert",
                    "toast",
                    "hint",
                    "tooltip",
                ]),
            ),
            (
                Trait::NearLog,
                line(&["print", "console", "log.", "logger", "throw", "raise", "echo ", "prompt", "input("]),
            ),
            (Trait::NearMarkup, line(&["<input", "<label", "classname", "htmlfor", "type=", "id=", "name=", "</"])),
            (
                Trait::NearCheck,
                line(&["require", "min", "max", "rule", "valid", "regex", "confirm", "assert", "expect", "should"]),
            ),
            (Trait::NearImport, line(&["import ", "require(", "from '", "include", "interface ", "type "])),
            (Trait::NearConst, line(&["const ", "final ", "static ", "#define", "let ", "var ", "val ", "string "])),
            (Trait::NearMap, line(&["key:", "'key'", "\"key\"", "map[", "keys", "column", "field", "param"])),
            (Trait::NearUser, round(&["user", "login", "email", "usuario", "uid", "account"])),
            (Trait::NearMail, mail),
            (
                Trait::NearHost,
                round(&["host", "server", "localhost", "127.0.0.1", "jdbc:", "port", "database", "dbname", "://"]),
            ),
            (Trait::NearAdmin, round(&["admin", "root", "superuser", "'sa'", "\"sa\""])),
            (Trait::NearCipher, round(&["encrypt", "cipher", "aes", "hmac", "jwt", "sign", "fernet", "session("])),
            (Trait::NearWifi, round(&["ssid", "wifi"])),
            (
                Trait::NearConnect,
                round(&["connect", "createconnection", "mysqli", "pdo(", "getconnection", "smtp", "transport"]),
            ),
            (Trait::NearAsks, round(&["your", "replace", "change", "todo", "example", "placeholder"])),
            (Trait::NearMany, secrets >= 5),
        ],
    );
}
