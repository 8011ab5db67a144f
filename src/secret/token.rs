//! Tokens told by their own form: at each keyword the regular expression of only that detector runs on a window, so the
//! time is linear in the text whatever the text is.

use regex_automata::{Anchored, Input};

use super::check::{self, Outcome};
use super::detector::{Book, Loaded};
use super::schema::{Check, Detector, Form};
use super::{stand_in, text, value};
use crate::base::{Confidence, Severity};

/// A token found.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Index of the detector.
    pub detector: usize,
    /// Where the value stands.
    pub range: std::ops::Range<usize>,
    /// Where the match begins: the value, or the name or address that it is part of.
    pub start: usize,
    pub severity: Severity,
    pub confidence: Confidence,
    pub title: Option<&'static str>,
    pub note: Option<String>,
    /// Whether its own structure shows that somebody issued it.
    pub proved: bool,
}

/// What a detector says of a place.
#[derive(Debug)]
pub(super) enum Said {
    /// A secret.
    Found(Token),
    /// Its form, but known to be none (a publishable key, a published example): no other detector may guess here.
    Cleared(std::ops::Range<usize>),
}

/// Runs detector `at` on the keyword that begins at `keyword`.
pub(super) fn at(book: &Book, at: usize, keyword: usize, text: &str, path: &str) -> Option<Said> {
    let loaded = book.detectors.get(at)?;
    let detector = &loaded.detector;
    let bytes = text.as_bytes();
    let whole_token = detector.form == Form::Token && detector.before == 0;
    if whole_token && (!loaded.may_begin(bytes, keyword) || !bounded_left(bytes, keyword)) {
        return None;
    }
    if detector.form != Form::Token && !(begins_word(bytes, keyword) && ends_word(&detector.keywords, bytes, keyword)) {
        return None;
    }
    let start = keyword.saturating_sub(detector.before);
    let end = (keyword + detector.window).min(bytes.len());
    let anchored = if detector.before == 0 { Anchored::Yes } else { Anchored::No };
    let input = Input::new(bytes).range(start..end).anchored(anchored);
    let regex = loaded.regex()?;
    let whole = if regex.captures_len() > 1 {
        let mut captures = regex.create_captures();
        regex.search_captures(&input, &mut captures);
        (captures.get_match()?.range(), captures.get_group(1)?.range())
    } else {
        let range = regex.search(&input)?.range();
        (range.clone(), range)
    };
    let (whole, range) = whole;
    let shown = text.get(range.clone())?;
    let bounded = detector.form != Form::Token || (bounded_left(bytes, whole.start) && bounded_right(bytes, range.end));
    let cut = ["...", "…"].iter().any(|dots| bytes[range.end..].starts_with(dots.as_bytes()));
    let longer = detector.form == Form::Token && !detector.generic && goes_on(&bytes[range.end..]);
    if !bounded || cut || longer || (!is_block(shown) && in_blob(bytes, &range)) {
        return None;
    }
    judge(loaded, at, shown, text.get(whole.clone()).unwrap_or(shown), range, &Near { text, path, at: whole.start })
}

fn is_block(value: &str) -> bool {
    value.starts_with("-----BEGIN") || value.starts_with("----")
}

struct Near<'a> {
    text: &'a str,
    path: &'a str,
    at: usize,
}

impl Near<'_> {
    fn any(&self, wanted: &[String]) -> bool {
        if wanted.is_empty() {
            return false;
        }
        let bytes = self.text.as_bytes();
        let around = &bytes[self.at.saturating_sub(500)..(self.at + 500).min(bytes.len())];
        let around = around.to_ascii_lowercase();
        let path = self.path.to_ascii_lowercase();
        wanted
            .iter()
            .any(|text| memchr::memmem::find(&around, text.as_bytes()).is_some() || path.contains(text.as_str()))
    }
}

fn judge(
    loaded: &Loaded,
    at: usize,
    shown: &str,
    whole: &str,
    range: std::ops::Range<usize>,
    near: &Near<'_>,
) -> Option<Said> {
    let cleared = || Some(Said::Cleared(range.clone()));
    let detector = &loaded.detector;
    if !detector.near.is_empty() && !near.any(&detector.near) {
        return None;
    }
    if near.any(&detector.unless_near)
        || loaded.ignores(shown)
        || stand_in::is_published(shown)
        || (!is_block(shown) && detector.check.is_none() && is_made_up(&detector.keywords, shown))
    {
        return cleared();
    }
    if value::entropy(shown) < detector.min_entropy
        || (detector.form != Form::Token && detector.check != Some(Check::Keypair) && value::is_reference(shown))
    {
        return None;
    }
    let mut token = Token {
        detector: at,
        range: range.clone(),
        start: near.at,
        severity: loaded.severity,
        confidence: if detector.generic || is_far(detector.form, whole, shown) {
            Confidence::Medium
        } else {
            Confidence::High
        },
        title: None,
        note: None,
        proved: false,
    };
    let digits = shown.bytes().any(|byte| byte.is_ascii_digit());
    if !digits && !is_block(shown) && detector.check.is_none() && value::is_wordy(shown) {
        return None;
    }
    if let Some(check) = detector.check {
        // The host may stand ahead of a match that begins with the password.
        let string = match check {
            Check::ConnectionPassword => {
                near.text.get(text::line_start(near.text.as_bytes(), near.at)..near.at + whole.len())
            }
            _ => None,
        };
        match check::run(check, shown, string.unwrap_or(whole)) {
            Outcome::Drop => return None,
            Outcome::Clear => return cleared(),
            Outcome::Keep { severity, confidence, title, note } => {
                token.severity = match severity {
                    Some(Severity::Critical) => Severity::Critical,
                    Some(severity) => token.severity.min(severity),
                    None => token.severity,
                };
                token.confidence = confidence;
                token.proved = note.is_some() && confidence == Confidence::High && severity.is_none();
                token.title = title;
                token.note = note;
            }
        }
        if !is_block(shown) && is_made_up(&detector.keywords, shown) {
            return cleared();
        }
    }
    if let Some(reason) = is_typed(detector, shown) {
        token.severity = token.severity.min(Severity::Low);
        token.confidence = Confidence::Low;
        token.note = Some(reason.to_owned());
    }
    if near.any(&detector.public_near) {
        token.severity = token.severity.min(Severity::Low);
        token.note = Some("keys for browsers are public: restrict it to your own sites".to_owned());
    }
    Some(Said::Found(token))
}

/// Whether a token is the password of a connection string.
pub(super) fn is_of_connection(token: &Token, book: &Book) -> bool {
    book.detectors.get(token.detector).is_some_and(|loaded| loaded.detector.check == Some(Check::ConnectionPassword))
}

/// Whether a token is a password of a login, in a connection string or a URL.
pub(super) fn is_login(token: &Token, book: &Book) -> bool {
    let urls = ["postgres-url", "mysql-url", "mongodb-url", "redis-url", "amqp-url", "mssql-url", "mysql-go-dsn"];
    book.detectors.get(token.detector).is_some_and(|loaded| {
        loaded.detector.check == Some(Check::ConnectionPassword) || urls.contains(&loaded.detector.id.as_str())
    })
}

/// Whether hexadecimal digits are written in small letters and capitals at once, as no program writes them.
fn mixes_digits(pattern: &str, shown: &str) -> bool {
    pattern.contains("[0-9a-f]")
        && shown.bytes().all(|byte| byte.is_ascii_hexdigit())
        && shown.bytes().any(|byte| byte.is_ascii_lowercase())
        && shown.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether what follows the fixed beginning of a token is no random text: published examples, `xxxx`, `your-token`.
fn is_made_up(keywords: &[String], shown: &str) -> bool {
    if shown.ends_with("EXAMPLE") || shown.ends_with("EXAMPLEKEY") {
        return true;
    }
    let lower = shown.to_ascii_lowercase();
    let head =
        keywords.iter().filter(|keyword| lower.starts_with(keyword.as_str())).map(String::len).max().unwrap_or(0);
    let body = shown.get(head..).unwrap_or(shown);
    let mut run = 1;
    let same = body.as_bytes().windows(2).any(|pair| {
        run = if pair[0] == pair[1] { run + 1 } else { 1 };
        run >= 7 && pair[0] != b'A'
    });
    same || value::is_fake(body) || (body.len() >= 20 && value::entropy(body) < 2.2)
}

/// Whether a text is a shorter one written several times: `12345678901234567890`.
fn is_repeated(body: &[u8]) -> bool {
    let length = body.len();
    length >= 20 && (1..=length / 2).any(|step| body.iter().zip(&body[step..]).all(|(a, b)| a == b))
}

/// Whether letters or digits stand in the order of the alphabet: `abcdefghijkl`, `a1b2c3d4e5f6`.
fn is_in_order(body: &[u8]) -> bool {
    let runs = |step: usize, enough: u32| {
        let mut run = 0;
        body.iter().zip(body.get(step..).unwrap_or_default()).any(|(a, b)| {
            run = if a.to_ascii_lowercase().wrapping_add(1) == b.to_ascii_lowercase() { run + 1 } else { 0 };
            run >= enough
        })
    };
    runs(1, 11) || runs(2, 9)
}

/// Whether a text is what hands type: letters in order, or a shorter text again and again.
pub(super) fn is_typed_text(body: &[u8]) -> bool {
    is_in_order(body) || is_repeated(body)
}

/// What shows that a value of the right form was typed and not issued.
fn is_typed(detector: &Detector, shown: &str) -> Option<&'static str> {
    if !matches!(detector.check, None | Some(Check::Stripe)) {
        return None;
    }
    let lower = shown.to_ascii_lowercase();
    let heads = detector.keywords.iter().filter(|keyword| lower.starts_with(keyword.as_str()));
    let body = shown.as_bytes().get(heads.map(String::len).max().unwrap_or(0)..).unwrap_or_default();
    if is_typed_text(body) {
        return Some("its letters stand in order or again and again, so it was typed");
    }
    let mixed = detector.form == Form::Assigned && mixes_digits(&detector.pattern, shown);
    mixed.then_some("it has hexadecimal digits in small letters and capitals, so it was typed")
}

/// Whether a keyword stands so far ahead of the value that it may have nothing to do with it.
fn is_far(form: Form, whole: &str, shown: &str) -> bool {
    let gap = whole.split(shown).next().unwrap_or("");
    form == Form::Near || (form == Form::Assigned && (gap.contains('\n') || gap.len() > 72))
}

/// Whether a keyword is a word or the beginning of one: `datadogKey`, `MY_DATADOG`, `myDatadog`, but not `recivo`.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    let (Some(before), Some(first)) = (at.checked_sub(1).and_then(|at| bytes.get(at)), bytes.get(at)) else {
        return true;
    };
    if !before.is_ascii_alphanumeric() || !first.is_ascii_alphanumeric() {
        return true;
    }
    // `-Dsonar.login=…` of Java.
    let option = *before == b'D' && at.checked_sub(2).and_then(|at| bytes.get(at)) == Some(&b'-');
    option || first.is_ascii_uppercase() && !before.is_ascii_uppercase()
}

/// Whether the last letter of a keyword is its own and not the capital that begins the next word: `sumOf` is no `sumo`.
fn ends_word(keywords: &[String], bytes: &[u8], at: usize) -> bool {
    let here = |keyword: &&String| {
        bytes.get(at..at + keyword.len()).is_some_and(|text| text.eq_ignore_ascii_case(keyword.as_bytes()))
    };
    let end = at + keywords.iter().filter(here).map(String::len).max().unwrap_or(0);
    match bytes.get(end.saturating_sub(2)..=end) {
        Some([before, last, next]) => {
            !(before.is_ascii_lowercase() && last.is_ascii_uppercase() && next.is_ascii_lowercase())
        }
        _ => true,
    }
}

/// Whether what stands behind a token shows that it is a part of something else: the end of a file's name, or more random
/// text behind a dash.
fn goes_on(rest: &[u8]) -> bool {
    const FILES: [&[u8]; 9] = [b".png", b".jpg", b".jpeg", b".gif", b".svg", b".webp", b".ico", b".css", b".js"];
    if FILES.iter().any(|end| rest.starts_with(end)) {
        return true;
    }
    let Some(more) = rest.strip_prefix(b"-") else { return false };
    let more = &more[..more.iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric()).count()];
    let has = |test: fn(&u8) -> bool| more.iter().any(test);
    more.len() >= 12 && has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

fn bounded_left(bytes: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).and_then(|at| bytes.get(at)) else { return true };
    if !before.is_ascii_alphanumeric() && *before != b'_' {
        return true;
    }
    // The `n` of an escape `\n` is no letter.
    let escape = start.checked_sub(2).and_then(|at| bytes.get(at)) == Some(&b'\\');
    escape && matches!(before, b'n' | b'r' | b't')
        || bytes.get(start).is_some_and(|first| !first.is_ascii_alphanumeric())
}

fn bounded_right(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(|after| !after.is_ascii_alphanumeric() && *after != b'_')
}

/// Whether a range is a piece of a longer run of base64: an image, a digest, a signature.
fn in_blob(bytes: &[u8], range: &std::ops::Range<usize>) -> bool {
    let in_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'+' || **byte == b'/';
    let left = bytes[..range.start].iter().rev().take(64).take_while(in_base64).count();
    let right = bytes[range.end..].iter().take(64).take_while(in_base64).count();
    let sign = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| matches!(byte, b'+' | b'/'));
    left >= 48 || right >= 48 || (left >= 20 && sign(range.start.checked_sub(1)) && !has_slashes(bytes, range.start))
}

/// A URL path ahead of a token is no base64.
fn has_slashes(bytes: &[u8], start: usize) -> bool {
    bytes[start.saturating_sub(64)..start].windows(3).any(|part| part == b"://")
}
