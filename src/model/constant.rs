//! Constants in the conditions of models and rules, as they are written. `build.rs` reads this very file with the schema.

use serde::{Deserialize, Serialize};

/// A constant in a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenConstant", into = "WrittenConstant")]
pub enum Constant {
    /// Text.
    Str(String),
    /// A whole number.
    Int(i64),
    /// A boolean.
    Bool(bool),
    /// `None`, `null`: written `{ null = true }`, because TOML has no word for it.
    Null,
}

/// A [`Constant`] as it stands in a file and in the blob.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WrittenConstant {
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `"text"`
    Str(String),
    /// `{ null = true }`
    Null(WrittenNull),
}

/// `{ null = true }`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenNull {
    /// Always `true`.
    pub null: bool,
}

impl From<Constant> for WrittenConstant {
    fn from(constant: Constant) -> Self {
        match constant {
            Constant::Str(text) => Self::Str(text),
            Constant::Int(number) => Self::Int(number),
            Constant::Bool(value) => Self::Bool(value),
            Constant::Null => Self::Null(WrittenNull { null: true }),
        }
    }
}

impl From<WrittenConstant> for Constant {
    fn from(written: WrittenConstant) -> Self {
        match written {
            WrittenConstant::Str(text) => Self::Str(text),
            WrittenConstant::Int(number) => Self::Int(number),
            WrittenConstant::Bool(value) => Self::Bool(value),
            WrittenConstant::Null(_) => Self::Null,
        }
    }
}
