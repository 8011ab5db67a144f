//! Named secrets: is the literal that a secret's name is set to a real value, a common one, or none?
//!
//! Where such names and values stand is told by [`super::source`] (from the syntax tree) and [`super::text`].

use super::name::{Kind, SecretName};
use super::owner::{is_of_service, is_owned, names_issuer};
use super::place::{Place, is_live};
use super::stand_in::{self, Where};
use super::value;
use crate::base::{CodeContext, Confidence, Severity};

/// How a value gets to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `name = value`, a field, a parameter's default.
    Assigned,
    /// A keyword argument.
    Argument,
    /// An entry of a dictionary or object.
    Entry,
    /// What is used when the environment does not set it.
    Fallback,
    /// Compared with it.
    Compared,
    /// An unquoted value of a configuration file.
    Bare,
    /// In a line that is commented out: what was in use.
    Commented,
    /// An argument that can be nothing else.
    Position,
}

/// A name and the literal it is set to.
#[derive(Debug, Clone)]
pub(super) struct Assignment<'a> {
    pub name: &'a str,
    pub secret: SecretName,
    pub value: &'a str,
    pub way: Way,
    /// Where the value stands, without quotes.
    pub range: std::ops::Range<usize>,
}

/// The file that it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    pub path: &'a str,
    pub place: Place,
    pub context: CodeContext,
}

/// What a named value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judgement {
    pub severity: Severity,
    pub confidence: Confidence,
    /// A common or guessable value rather than a random one.
    pub common: bool,
}

/// Judges a named value; `None` if it is no secret.
pub(super) fn judge(assignment: &Assignment<'_>, file: &File<'_>) -> Option<Judgement> {
    let (place, context) = (file.place, file.context);
    let text = assignment.value;
    if !(3..=600).contains(&text.len()) || !text.is_ascii() || text.bytes().any(|byte| byte.is_ascii_control()) {
        return None;
    }
    if value::is_reference(text)
        || is_fraction(text)
        || value::is_shaped(text) && !is_shouted_fallback(assignment, place)
        || repeats_name(assignment)
        || is_code(text)
        || value::is_publishable(text)
    {
        return None;
    }
    if assignment.secret.words.last().is_some_and(|word| word == "api") && !is_issued(text) {
        return None;
    }
    if matches!(context, CodeContext::Vendored | CodeContext::Generated) || place == Place::Mute {
        return None;
    }
    let digest = assignment.secret.kind == Kind::Password && value::is_digest(text);
    let sentence = assignment.secret.kind != Kind::Signing && value::is_sentence(text);
    if digest || is_key_of_setting(assignment) || sentence || stand_in::is_published(text) {
        return None;
    }
    if assignment.way == Way::Commented {
        return commented(assignment, file);
    }
    let mut found = random(assignment, place).or_else(|| common(assignment, place, context))?;
    if super::token::is_typed_text(text.as_bytes()) {
        // Anybody may type it: as good as a word.
        if place == Place::DotenvExample || place == Place::Prose {
            return None;
        }
        found = Judgement { severity: found.severity.min(Severity::Medium), common: true, ..found };
    }
    if !is_live(context) && assignment.secret.kind == Kind::Password && is_worded(text) {
        return None;
    }
    Some(lower(found, assignment, file))
}

/// `"input_cost_per_token": 1.14e-06`
fn is_fraction(text: &str) -> bool {
    let text = text.trim_end_matches(',');
    text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && text.contains('.')
        && text.parse::<f64>().is_ok()
}

/// `process.env.AUTH_SECRET ?? "SET_THIS_NOW"`: it signs with that.
fn is_shouted_fallback(assignment: &Assignment<'_>, place: Place) -> bool {
    let text = assignment.value;
    assignment.way == Way::Fallback
        && place == Place::Source
        && assignment.secret.kind == Kind::Signing
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && super::name::classify(text).is_none()
}

/// Whether a value can be nothing but a key: for names that say little.
fn is_issued(text: &str) -> bool {
    text.len() >= 24
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && value::is_random(text)
}

/// `CONF_APP_SECRET = "app_secret"`, `KeyAppSecret = "app_secret"`: the name of a setting, and words that are its key.
fn is_key_of_setting(assignment: &Assignment<'_>) -> bool {
    let (name, text) = (assignment.name, assignment.value);
    let upper =
        ["CONF_", "ATT_", "ATTR_", "KEY_", "OPT_", "FIELD_", "PARAM_"].iter().any(|start| name.starts_with(start));
    let camel = ["Key", "Attr", "Opt", "Field", "Param", "Conf", "Header"].iter().any(|start| {
        name.strip_prefix(start).is_some_and(|rest| rest.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase()))
    });
    (upper || camel) && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
}

/// A value of a line that is commented out: a key or a good password that somebody has used, and may use still.
fn commented(assignment: &Assignment<'_>, file: &File<'_>) -> Option<Judgement> {
    let text = assignment.value;
    let documents = matches!(file.place, Place::Prose | Place::DotenvExample);
    if documents || !is_live(file.context) || text.len() < 8 || is_worded(text) || is_for_developers(file.path) {
        return None;
    }
    let found = random(assignment, file.place).filter(|found| found.severity >= Severity::High)?;
    let typed = super::token::is_typed_text(text.as_bytes());
    let medium =
        Judgement { severity: Severity::Medium, confidence: found.confidence.min(Confidence::Medium), ..found };
    (!typed).then(|| lower(medium, assignment, file))
}

/// A value that looks like an issued key or a good password.
fn random(assignment: &Assignment<'_>, place: Place) -> Option<Judgement> {
    let text = assignment.value;
    if value::is_fake(text) || text.contains(' ') {
        return None;
    }
    let high = |confidence| Some(Judgement { severity: Severity::High, confidence, common: false });
    let medium = |confidence| Some(Judgement { severity: Severity::Medium, confidence, common: false });
    if value::has_vendor_prefix(text) {
        return Some(Judgement { severity: Severity::Critical, confidence: Confidence::Medium, common: false });
    }
    let kind = assignment.secret.kind;
    if text.strip_prefix("django-insecure-").is_some_and(|rest| rest.len() > 24 && !value::is_wordy(rest)) {
        return high(Confidence::High);
    }
    if value::is_uuid(text) {
        let kept = kind != Kind::Password || matches!(place, Place::Config | Place::Dotenv);
        return (kept && place != Place::Prose).then_some(Judgement {
            severity: Severity::Medium,
            confidence: Confidence::Medium,
            common: false,
        });
    }
    // Letters of one case, as some programs make them: `gmail_password = "phmbxqo…"`.
    let one_case =
        text.bytes().all(|byte| byte.is_ascii_lowercase()) || text.bytes().all(|byte| byte.is_ascii_uppercase());
    if one_case && text.len() >= 16 && value::wordiness(text) < 0.5 && value::entropy(text) >= 3.0 {
        return medium(Confidence::Low);
    }
    if value::is_random(text) && text.len() >= 16 {
        return high(if text.len() >= 20 { Confidence::High } else { Confidence::Medium });
    }
    if matches!(kind, Kind::Key | Kind::Token | Kind::Secret) && value::is_try(text) {
        return None;
    }
    let classes = classes(text);
    let kept = matches!(place, Place::Dotenv | Place::Config) && matches!(assignment.way, Way::Bare | Way::Assigned);
    if kind == Kind::Password && kept && text.len() >= 10 && classes == 1 && !value::is_wordy(text) {
        return medium(Confidence::Medium);
    }
    if kind == Kind::Password {
        let weak = value::is_weak_password(text) || text.len() < 6;
        let wordy = value::is_wordy(text);
        let strong = !weak
            && classes >= 3
            && text.len() >= 8
            && !(wordy && classes < 4 && !text.bytes().any(|b| b.is_ascii_digit()));
        if strong && !is_identifier(text) {
            return high(Confidence::Medium);
        }
        return (!weak
            && classes >= 2
            && text.len() >= 6
            && text.bytes().any(|b| b.is_ascii_digit())
            && place != Place::Prose)
            .then_some(Judgement { severity: Severity::Medium, confidence: Confidence::Medium, common: false });
    }
    if kind != Kind::Signing && value::is_slug(text) {
        return None;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.len() >= 12 && classes >= 2 && digits >= 2 && value::wordiness(text) < 0.66 && value::entropy(text) >= 2.8 {
        return medium(Confidence::Medium);
    }
    (text.len() >= 10 && classes >= 3 && digits >= 1 && value::wordiness(text) < 0.72 && !is_identifier(text))
        .then_some(Judgement { severity: Severity::Medium, confidence: Confidence::Low, common: false })
}

/// A value that anybody can guess, where a guess is enough: passwords, and secrets that this program signs with.
fn common(assignment: &Assignment<'_>, place: Place, context: CodeContext) -> Option<Judgement> {
    let text = assignment.value;
    let found = |severity, confidence| Some(Judgement { severity, confidence, common: true });
    if !is_live(context) || matches!(place, Place::Prose | Place::DotenvExample) {
        return None;
    }
    // `PGPASSWORD=postgres psql …` in a script: for one command, on the machine that it runs on.
    if place == Place::Shell && assignment.way == Way::Argument {
        return None;
    }
    // A name that may mean anything.
    if assignment.secret.words == [super::section::BARE] {
        return None;
    }
    match assignment.secret.kind {
        Kind::Password => {
            let stand_in = stand_in::is_word(text, Where::Password);
            let guarded = matches!(assignment.way, Way::Fallback | Way::Compared | Way::Position)
                || is_owned(&assignment.secret)
                || is_of_service(assignment, place);
            if value::is_weak_password(text) && (guarded || !stand_in) && (guarded || assignment.way != Way::Compared) {
                return found(Severity::Medium, if guarded { Confidence::High } else { Confidence::Medium });
            }
            let set = matches!(place, Place::Config | Place::Dotenv) && assignment.way == Way::Bare;
            let number =
                text.len() >= if guarded && set { 3 } else { 5 } && text.bytes().all(|byte| byte.is_ascii_digit());
            if number && matches!(place, Place::Config | Place::Dotenv) {
                return found(Severity::Medium, Confidence::Low);
            }
            let least = match assignment.way {
                Way::Position => 3,
                _ if set => 4,
                _ => 8,
            };
            let called = matches!(assignment.way, Way::Argument | Way::Position);
            if called && text.len() >= 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
                return found(Severity::Medium, Confidence::Low);
            }
            let words = text.len() >= least
                && !text.contains(' ')
                && (guarded && assignment.way != Way::Compared)
                && !value::is_fake(text)
                && text.as_bytes().windows(2).any(|pair| pair[0] != pair[1])
                && !(assignment.way == Way::Entry && is_label(text));
            if words && text.bytes().all(|byte| byte.is_ascii_graphic()) && !is_camel(text) {
                return found(Severity::Medium, Confidence::Low);
            }
            None
        }
        Kind::Signing => signing(assignment, place),
        Kind::Key | Kind::Token | Kind::Secret => None,
    }
}

/// A word that this program signs with, or one that stands where it will.
fn signing(assignment: &Assignment<'_>, place: Place) -> Option<Judgement> {
    let text = assignment.value;
    let found = |severity, confidence| Some(Judgement { severity, confidence, common: true });
    let stand_in = stand_in::is_word(text, Where::Signing);
    let signing = assignment.secret.words.len() > 1 || assignment.way == Way::Fallback;
    let source = place == Place::Source || matches!(place, Place::Dotenv | Place::Shell | Place::Config);
    let lower = text.to_ascii_lowercase();
    if names_issuer(&assignment.secret)
        || ["dummy", "placeholder", "build", "fake"].iter().any(|part| lower.contains(part))
    {
        return None;
    }
    let hump = text.as_bytes().get(4).is_some_and(u8::is_ascii_uppercase);
    let shouts = text.contains('_') && !text.bytes().any(|byte| byte.is_ascii_lowercase());
    // `sessionKey || "main"`: which conversation, not what signs.
    let session = assignment.secret.words.ends_with(&["session".to_owned(), "key".to_owned()]);
    if session && !looks_guessable(text) {
        return None;
    }
    let asks = (lower.starts_with("your") && (lower.ends_with("here") || hump))
        || ["you-", "you_"].iter().any(|start| lower.starts_with(start))
        || (shouts && lower.starts_with("replace"));
    // `00000000-0000-0000-0000-000000000000` for a service that is not used.
    let empty = text.bytes().all(|byte| matches!(byte, b'0' | b'-' | b'x' | b'X' | b'*')) || lower == "anonymous";
    // A manifest that says what to do before it is used.
    let told = place == Place::Config
        && assignment.way != Way::Fallback
        && lower.starts_with("change")
        && text.split(['-', '_', ' ']).count() >= 4;
    if place != Place::Source && asks && assignment.way != Way::Fallback || empty || told {
        return None;
    }
    if place == Place::Dotenv && text.len() >= 6 && !stand_in && !text.contains(['<', '\\', ' ']) {
        return found(Severity::Medium, Confidence::Medium);
    }
    // A script that shows what to fill in.
    let shown = place == Place::Shell && text.to_ascii_lowercase().starts_with("your");
    if stand_in || shown || !source || text.len() < 3 || text.split(' ').count() > 8 || text.contains(['<', '\\', '?'])
    {
        return None;
    }
    match assignment.way {
        Way::Fallback => found(Severity::High, Confidence::High),
        Way::Position if text.len() >= 4 && !value::is_fake(text) => found(Severity::Medium, Confidence::Medium),
        Way::Assigned if place == Place::Source && is_key_in_force(assignment) => {
            found(Severity::Medium, Confidence::Low)
        }
        Way::Assigned | Way::Argument
            if place == Place::Source && signing && !is_camel(text) && looks_guessable(text) =>
        {
            found(Severity::Medium, Confidence::Medium)
        }
        Way::Entry | Way::Argument if place == Place::Source && looks_guessable(text) && text.len() >= 6 => {
            found(Severity::Medium, Confidence::Low)
        }
        Way::Bare | Way::Assigned
            if place != Place::Source
                && (looks_guessable(text) || is_signing_word(assignment) || (signing && is_typed_at_random(text))) =>
        {
            found(Severity::Medium, Confidence::Low)
        }
        _ => None,
    }
}

/// `SECRET_KEY = "hello"`, and a key of a cipher that is as long as such keys are.
fn is_key_in_force(assignment: &Assignment<'_>) -> bool {
    let (text, words) = (assignment.value, &assignment.secret.words);
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic()) && !value::is_fake(text) && !is_camel(text);
    let ends = |tail: &[&str]| words.len() >= tail.len() && words[words.len() - tail.len()..].iter().eq(tail);
    let upper = !assignment.name.bytes().any(|byte| byte.is_ascii_lowercase());
    let cipher = matches!(text.len(), 16 | 24 | 32) && ends(&["encryption", "key"]) && !value::is_wordy(text);
    plain && text.len() >= 4 && (upper && ends(&["secret", "key"]) || cipher)
}

/// Digits and marks that somebody typed: no word, name or time.
fn is_typed_at_random(text: &str) -> bool {
    let marks = text.bytes().filter(u8::is_ascii_punctuation).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/ ".contains(&byte);
    text.len() >= 8 && marks >= 1 && letters * 2 <= text.len() && !text.bytes().all(plain) && !value::is_fake(text)
}

/// `signing-key: acme`: any word will do to sign with.
fn is_signing_word(assignment: &Assignment<'_>) -> bool {
    let text = assignment.value;
    assignment.secret.words.iter().any(|word| word == "signing")
        && text.len() >= 6
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a phrase speaks of itself as a secret: "my-secret-key", "change this in production".
fn looks_guessable(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    [
        "secret",
        "change",
        "super",
        "key",
        "dev",
        "password",
        "insecure",
        "default",
        "keyboard cat",
        "jwt",
        "123",
        "your",
        "test",
    ]
    .iter()
    .any(|part| lower.contains(part))
        && text.len() >= 3
        && !lower.starts_with("secret_")
        && !lower.starts_with("get")
}

fn lower(mut found: Judgement, assignment: &Assignment<'_>, file: &File<'_>) -> Judgement {
    let (place, context) = (file.place, file.context);
    let name = file.path.rsplit('/').next().unwrap_or("");
    let issued = place == Place::DotenvExample && !found.common && found.confidence == Confidence::High;
    let routed = ["/routes/", "/controllers/"].iter().any(|folder| file.path.contains(folder));
    let described = ["swagger.", "openapi.", "base-spec."].iter().any(|part| name.contains(part));
    let tested = described
        || (name.starts_with("test-") && !routed)
        || is_of_tests(file.path)
        || assignment.secret.words.iter().any(|word| matches!(word.as_str(), "test" | "testing" | "tests" | "e2e"));
    let by_hand = (context == CodeContext::Test || name.starts_with("test-") || is_of_tests(file.path))
        && !found.common
        && found.confidence >= Confidence::Medium
        && found.severity >= Severity::High
        && !described
        && file.place != Place::Prose
        && super::place::is_tried_by_hand(file.path);
    if by_hand {
        // What somebody tries a real service with.
        found.severity = found.severity.min(Severity::Medium);
        found.confidence = found.confidence.min(Confidence::Medium);
    } else if issued && context == CodeContext::Example && !tested {
        // A generated value in a file that is there to be copied.
        found.severity = found.severity.min(Severity::Medium);
        found.confidence = Confidence::Medium;
    } else if matches!(context, CodeContext::Test | CodeContext::Example) || tested {
        found.severity = Severity::Low;
        found.confidence = Confidence::Low;
    }
    if matches!(place, Place::Prose | Place::DotenvExample) {
        found.severity =
            found.severity.min(if found.severity == Severity::Critical { Severity::High } else { Severity::Medium });
        if found.severity < Severity::High && assignment.value.len() < if by_hand { 16 } else { 20 } {
            found.severity = Severity::Low;
        }
    }
    let login = assignment.secret.kind == Kind::Password && assignment.way == Way::Entry;
    // In a file of settings it is what the program logs in with, elsewhere it may be what somebody tries.
    let stem = name.split('.').next().unwrap_or("").to_ascii_lowercase();
    let configures = ["config", "settings", "database", "db", "knexfile", "ormconfig", "datasource", "data-source"];
    let in_force = ["prod", "production", "runtime"].contains(&stem.as_str())
        && (file.path.starts_with("config/") || file.path.contains("/config/"));
    let configured = in_force || configures.contains(&stem.as_str());
    let given = login && !configured && !is_owned(&assignment.secret);
    let apart = is_for_developers(file.path) && assignment.way != Way::Position;
    if found.common && (given || context == CodeContext::Development || apart) {
        found.severity = Severity::Low;
    }
    if place == Place::Shell && super::stand_in::is_fingerprint(&assignment.secret.words, assignment.value) {
        found.severity = Severity::Low;
    }
    let set = assignment.way == Way::Bare && matches!(place, Place::Config | Place::Dotenv);
    if found.common && !set && login_is_its_name(assignment) {
        found.severity = Severity::Low;
    }
    // Passwords of the services that a run of tests starts.
    let made_up = assignment.secret.kind == Kind::Password && !value::is_random(assignment.value)
        || assignment.value.starts_with("my-");
    if made_up && file.path.contains(".github/workflows/") {
        found.severity = Severity::Low;
    }
    if super::place::is_pipeline(file.path) && found.severity < Severity::Critical {
        found.severity = Severity::Low;
        found.confidence = found.confidence.min(Confidence::Medium);
    }
    if assignment.secret.kind == Kind::Password && is_worded(assignment.value) && !is_owned(&assignment.secret) {
        found.severity = found.severity.min(if login { Severity::Low } else { Severity::Medium });
        found.confidence = Confidence::Low;
    }
    found
}

/// What runs tests in browsers, and what tests share.
fn is_of_tests(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    // `application-integrationtest.properties`, `appsettings.Test.json`: settings of a run of tests.
    let lower = name.to_ascii_lowercase();
    let profile = lower.strip_prefix("application-").or_else(|| lower.strip_prefix("appsettings."));
    let of_tests = profile.is_some_and(|rest| {
        rest.split('.')
            .next()
            .is_some_and(|profile| matches!(profile, "test" | "integrationtest" | "integration-test" | "it"))
    });
    of_tests
        || ["playwright.config.", "cypress.config.", "vitest.config.", "jest.config."]
            .iter()
            .any(|head| name.starts_with(head))
        || folders.split('/').any(|folder| matches!(folder, "test-utils" | "test_utils" | "testutils"))
}

/// `alert_password` as a password that no program falls back to: what to put there.
fn login_is_its_name(assignment: &Assignment<'_>) -> bool {
    let text = assignment.value;
    assignment.secret.kind == Kind::Password
        && !matches!(assignment.way, Way::Fallback | Way::Compared)
        && text.strip_suffix("_password").is_some_and(|head| head.len() >= 4 && !value::is_weak_password(head))
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// How many of lower case, upper case, digits and marks there are.
fn classes(text: &str) -> usize {
    let tests: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, u8::is_ascii_punctuation];
    tests.iter().filter(|test| text.as_bytes().iter().any(test)).count()
}

/// `old_password`, `password2`, `Api-Key`: the value names the field, it does not fill it.
fn repeats_name(assignment: &Assignment<'_>) -> bool {
    let (text, name) =
        (value::folded(assignment.value), value::folded(assignment.name.rsplit('.').next().unwrap_or("")));
    if text.is_empty() || name == text {
        return assignment.way != Way::Fallback;
    }
    let header = super::name::classify(assignment.value).is_some()
        && assignment.value.len() < 40
        && !assignment.value.bytes().any(|b| b.is_ascii_digit());
    let header = header && (assignment.value.contains(['-', '_', '.', ':']) || is_camel(assignment.value));
    header
        && !(assignment.secret.kind == Kind::Signing || assignment.way == Way::Fallback || is_owned(&assignment.secret))
}

/// One word with a capital: `Authentication`, what a table of names calls a group.
fn is_label(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_uppercase()) && bytes.all(|byte| byte.is_ascii_lowercase())
}

fn is_camel(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && text.as_bytes().windows(2).any(|p| p[0].is_ascii_lowercase() && p[1].is_ascii_uppercase())
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'))
        && value::wordiness(text) > 0.72
}

fn is_code(text: &str) -> bool {
    let dense = text.len() >= 40 && !text.contains([' ', '"', '\'']) && value::entropy(text) >= 4.3;
    !dense && text.contains(['(', ')', '`', '\n']) && (text.contains(' ') || text.contains('(') && text.contains(')'))
        || text.contains("::")
        || text.contains("->")
        || text.contains("&&")
        || text.contains("</")
        || text.ends_with(':')
        || (text.ends_with('=') && !value::is_random(text))
}

/// Files of continuous integration and of developers' machines, where common passwords do little harm.
pub(super) fn is_for_developers(path: &str) -> bool {
    // `src/main/java/com/example/demo`: the package that a generator of projects gives.
    let name = path.rsplit('/').next().unwrap_or(path);
    let packages = ["src/main/java/", "src/main/kotlin/", "src/main/scala/"];
    let root = packages.iter().find_map(|root| path.find(root));
    let lower = root.map_or_else(|| path.to_owned(), |at| format!("{}{name}", &path[..at])).to_ascii_lowercase();
    [
        ".github/",
        ".gitlab-ci",
        ".circleci/",
        ".devcontainer/",
        "/development/",
        ".dev.",
        "-dev.",
        "honeypot",
        "fake_",
        "debug_",
        "/demo",
        "mock",
        ".override.",
        ".local.",
        ".test.",
        "-test.",
        "/testing/",
        ".e2e.",
        "-ci.",
    ]
    .iter()
    .any(|part| lower.contains(part))
}

/// Passwords made up for a test or a document: `TestPassword123!`.
fn is_worded(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["test", "pass", "wrong", "secure", "p@ss", "demo"].iter().any(|word| lower.contains(word))
}
