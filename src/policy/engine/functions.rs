//! Functions that the evaluator does not have and that need nothing from outside: YAML as OPA has it, and conftest's
//! parsers, so that its users' tests run as they are. And `regex.match`, which it has: it copies the compiled pattern for
//! each call, and such a copy builds its tables anew, which costs far more than the match.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use anyhow::{anyhow, bail};
use regorus::Value;
use regorus::rvm::program::Program;
use sha2::{Digest as _, Sha256};

use crate::base::fingerprint::hex;
use crate::base::pattern::Pattern;
use crate::policy::inputs;

/// Their names.
pub(super) const NAMES: [&str; 4] = ["crypto.sha256", "parse_config", "yaml.is_valid", "yaml.unmarshal"];
/// conftest's functions that read files.
pub(super) const FILES: [&str; 2] = ["parse_config_file", "parse_combined_config_files"];

/// The one that the evaluator has too.
const MATCH: &str = "regex.match";
/// Size of a compiled pattern, as the evaluator's own functions limit it.
const PATTERN_BYTES: usize = 100 << 10;
/// How many patterns are kept.
const PATTERNS: usize = 1024;

/// Patterns that were asked already.
static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

/// Patterns by their text.
type Compiled = HashMap<Arc<str>, Arc<Pattern>>;

thread_local! {
    static STRICT: Cell<bool> = const { Cell::new(true) };
}

/// Whether what fails in a function of ours, on this thread, is an error; otherwise it is undefined.
pub(super) fn set_strict(strict: bool) {
    STRICT.set(strict);
}

/// What a function does with its arguments.
type Function = fn(&[Value]) -> anyhow::Result<Value>;

/// Adds them. A function that the evaluator has already stays as it is.
pub(super) fn add(engine: &mut regorus::Engine) {
    let functions: [(&str, u8, Function); 5] = [
        ("crypto.sha256", 1, |arguments| Ok(hex(&Sha256::digest(text(arguments, 0)?.as_bytes())).into())),
        ("parse_config", 2, |arguments| {
            let parsed = inputs::parse_config(text(arguments, 0)?, text(arguments, 1)?);
            value(&parsed.map_err(|why| anyhow!("parse_config: {why}"))?)
        }),
        ("yaml.is_valid", 1, |arguments| {
            Ok(text(arguments, 0).is_ok_and(|text| inputs::parse_config("yaml", text).is_ok()).into())
        }),
        ("yaml.unmarshal", 1, |arguments| {
            let parsed = inputs::parse_config("yaml", text(arguments, 0)?);
            value(&parsed.map_err(|why| anyhow!("yaml.unmarshal: {why}"))?)
        }),
        (MATCH, 2, |arguments| regex_match(arguments, STRICT.get())),
    ];
    for (name, count, function) in functions {
        let run = move |arguments: Vec<Value>| function(&arguments);
        let _ = engine.add_extension(name.to_owned(), count, Box::new(run));
    }
}

/// Puts ours in the place of the evaluator's own among the functions of a program.
pub(super) fn replace(program: &mut Program) {
    let named = program.builtin_info_table.iter().map(|function| function.name == MATCH);
    for (function, _) in program.resolved_builtins.iter_mut().zip(named).filter(|(_, is_match)| *is_match) {
        function.0 = |_, _, arguments, strict| regex_match(arguments, strict);
    }
}

/// Adds those that read files, with the answers that they can give.
pub(super) fn add_files(engine: &mut regorus::Engine, answers: BTreeMap<String, serde_json::Value>) {
    let answers = std::sync::Arc::new(answers);
    for name in FILES {
        let answers = std::sync::Arc::clone(&answers);
        let run = move |arguments: Vec<Value>| {
            let asked = arguments.first().map(Value::to_json_str).transpose()?.unwrap_or_default();
            let key: serde_json::Value = serde_json::from_str(&asked)?;
            match answers.get(&key.to_string()) {
                Some(answer) => value(answer),
                None => bail!("{name}: only files that are named as a literal in the test are read"),
            }
        };
        let _ = engine.add_extension(name.to_owned(), 1, Box::new(run));
    }
}

/// Why a pattern could not be looked for.
enum Fault {
    /// The arguments are wrong, which OPA forgives.
    Wrong(anyhow::Error),
    /// The pattern is too large, which is forgiven nowhere.
    Large(anyhow::Error),
}

fn regex_match(arguments: &[Value], strict: bool) -> anyhow::Result<Value> {
    match matches(arguments) {
        Err(Fault::Wrong(_)) if !strict => Ok(Value::Undefined),
        Err(Fault::Wrong(why) | Fault::Large(why)) => Err(why),
        Ok(found) => Ok(found.into()),
    }
}

fn matches(arguments: &[Value]) -> Result<bool, Fault> {
    let pattern = text(arguments, 0).map_err(Fault::Wrong)?;
    let value = text(arguments, 1).map_err(Fault::Wrong)?;
    let kept = {
        let mut known = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = known.get(pattern) {
            Arc::clone(kept)
        } else {
            if known.len() >= PATTERNS {
                known.clear();
            }
            Arc::clone(
                known.entry(pattern.into()).or_insert_with(|| Arc::new(Pattern::limited(pattern, PATTERN_BYTES))),
            )
        }
    };
    kept.try_match(value).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Fault::Large(anyhow!("the pattern needs more than {PATTERN_BYTES} bytes")),
        _ => Fault::Wrong(anyhow!("invalid regex")),
    })
}

fn text(arguments: &[Value], at: usize) -> anyhow::Result<&str> {
    match arguments.get(at) {
        Some(Value::String(text)) => Ok(text),
        _ => bail!("argument {} is no string", at + 1),
    }
}

fn value(json: &serde_json::Value) -> anyhow::Result<Value> {
    Value::from_json_str(&json.to_string())
}
