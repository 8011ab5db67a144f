//! What can go wrong with policies: where, what, and what to do. Every variant makes the command exit with status 2.

use std::fmt;

/// A place in a policy file with its line of text, for an error that shows a caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What happened, in lower case.
    pub message: String,
    /// The policy or data file, as it was named.
    pub path: String,
    /// Line from 1; 0 when only the file is known.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// Text of that line.
    pub source: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnosis {
    /// A diagnosis on a whole file.
    #[must_use]
    pub fn file(path: &str, message: impl Into<String>) -> Self {
        let (path, message) = (path.to_owned(), message.into());
        Self { message, path, line: 0, column: 0, source: String::new(), hint: None }
    }

    /// A diagnosis on a line of `text`.
    #[must_use]
    pub fn at(path: &str, text: &str, line: u32, column: u32, message: impl Into<String>) -> Self {
        let source = text.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().to_owned();
        Self { line, column: column.max(1), source, ..Self::file(path, message) }
    }

    /// The same diagnosis with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.line == 0 {
            write!(f, "\n --> {}", self.path)?;
        } else {
            let number = self.line.to_string();
            let margin = " ".repeat(number.len());
            // The caret line repeats tabs, so that it stands under its column however wide tabs are shown.
            let before = self.source.chars().take(self.column as usize - 1);
            let indent: String = before.map(|char| if char == '\t' { '\t' } else { ' ' }).collect();
            write!(f, "\n{margin}--> {}:{}:{}", self.path, self.line, self.column)?;
            write!(f, "\n{margin} |\n{number} | {}\n{margin} | {indent}^", self.source)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Why policies could not be loaded or evaluated.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The text is not Rego, or names something that does not exist.
    #[error("{0}")]
    Invalid(Box<Diagnosis>),
    /// The `METADATA` block does not say what it must.
    #[error("{0}")]
    Metadata(Box<Diagnosis>),
    /// A rule or function leads back to itself.
    #[error("{0}")]
    Recursion(Box<Diagnosis>),
    /// Over a size, depth or time limit.
    #[error("{0}")]
    Limit(Box<Diagnosis>),
    /// The policy failed while it was evaluated.
    #[error("{0}")]
    Evaluation(Box<Diagnosis>),
    /// A data file is not JSON or YAML, or clashes with another.
    #[error("{0}")]
    Data(Box<Diagnosis>),
    /// A file or folder could not be read.
    #[error("cannot read policy `{path}`: {source}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// `stageclear.toml` chooses a level, pack or parameter that does not exist; the message shows where.
    #[error("{0}")]
    Choice(String),
    /// An organisation's bundle does.
    #[error("{0}")]
    Demands(String),
    /// The audit document could not be turned into an input.
    #[error("the policy input is not valid: {0}")]
    Input(String),
}

impl PolicyError {
    /// The place of the error, if it has one.
    #[must_use]
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        match self {
            Self::Invalid(diagnosis)
            | Self::Metadata(diagnosis)
            | Self::Recursion(diagnosis)
            | Self::Limit(diagnosis)
            | Self::Evaluation(diagnosis)
            | Self::Data(diagnosis) => Some(diagnosis),
            Self::Unreadable { .. } | Self::Input(_) | Self::Choice(_) | Self::Demands(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_its_column() {
        let diagnosis =
            Diagnosis::at("p.rego", "package p\n\tdeny contain x", 2, 7, "expected `if`").hint("write `if`");
        let text = "expected `if`\n --> p.rego:2:7\n  |\n2 | \tdeny contain x\n  | \t     ^\nhint: write `if`";
        assert_eq!(diagnosis.to_string(), text);
    }

    #[test]
    fn a_line_past_the_end_does_no_harm() {
        assert!(Diagnosis::at("p.rego", "", 9, 0, "odd").to_string().contains("p.rego:9:1"));
    }
}
