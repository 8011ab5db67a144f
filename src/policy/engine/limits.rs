//! What a policy may cost, and the check of its text before the parser sees it.
//!
//! The parser tries `[…]` and `{…}` as several things in turn, each time anew: its time doubles with every level of
//! nesting. A chain of operators becomes a tree as deep as it is long. So both are counted here, in one pass over the
//! text that skips strings and comments.

use std::time::Duration;

use crate::policy::error::{Diagnosis, PolicyError};

/// How much a policy may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for one evaluation of all rules, or of one test.
    pub time: Duration,
    /// Bytes by which evaluations of policies of others may let the process grow ([`super::memory`]).
    pub memory: usize,
    /// Bytes of one policy file.
    pub file_bytes: usize,
    /// Lines of one policy file.
    pub lines: usize,
    /// Characters of one line.
    pub columns: u32,
    /// Rules that may need one another in a chain.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            memory: 1 << 30,
            file_bytes: 1 << 20,
            lines: 20_000,
            columns: 1024,
            depth: 200,
        }
    }
}

/// Infix operators of one file.
const MAX_OPERATORS: usize = 5_000;
/// Levels of `[` and `{`.
const MAX_NESTING: u32 = 12;
/// Sum over all `[` and `{` of two to the power of their level: some seconds of an unoptimised parser.
const MAX_NESTING_COST: u64 = 1 << 18;

impl Limits {
    /// Refuses a text that would cost too much to parse.
    pub(super) fn admit(&self, path: &str, text: &str) -> Result<(), PolicyError> {
        let refuse = |line: usize, message: String| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let diagnosis = Diagnosis { line, column: 1, ..Diagnosis::file(path, message) };
            Err(PolicyError::Limit(Box::new(diagnosis.hint("split the policy or the expression into smaller ones"))))
        };
        if text.len() > self.file_bytes {
            return refuse(0, format!("the policy has {} bytes; the limit is {}", text.len(), self.file_bytes));
        }
        let mut count = Count::default();
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            if number > self.lines {
                return refuse(number, format!("the policy has more than {} lines", self.lines));
            }
            if line.len() >= self.columns as usize {
                return refuse(number, format!("the line has more than {} characters", self.columns - 1));
            }
            count.line(line);
            if count.operators > MAX_OPERATORS {
                return refuse(number, format!("the policy has more than {MAX_OPERATORS} arithmetic operators"));
            }
            if count.deepest > MAX_NESTING || count.cost > MAX_NESTING_COST {
                return refuse(number, "brackets are nested too deeply".to_owned());
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Count {
    operators: usize,
    level: u32,
    deepest: u32,
    cost: u64,
    raw: bool,
}

impl Count {
    fn line(&mut self, line: &str) {
        let mut bytes = line.bytes();
        let mut quoted = false;
        while let Some(byte) = bytes.next() {
            match byte {
                b'`' if !quoted => self.raw = !self.raw,
                _ if self.raw => {}
                b'\\' if quoted => drop(bytes.next()),
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'#' => return,
                b'[' | b'{' => {
                    self.level += 1;
                    self.deepest = self.deepest.max(self.level);
                    self.cost = self.cost.saturating_add(1_u64 << self.level.min(40));
                }
                b']' | b'}' => self.level = self.level.saturating_sub(1),
                b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'&' => self.operators += 1,
                _ => {}
            }
        }
    }
}
