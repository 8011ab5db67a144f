//! The release checklist: what a careful reviewer asks before a release, each item with its answer and the evidence for
//! it, and the judgement of every cell of the route × guard matrix. Which items there are and how they are answered is
//! said in Rego (`policies/checklist/`); here is only their shape.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::Location;

/// The checklist of one audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Checklist {
    /// Its parts, in the order to read them.
    pub sections: Vec<Section>,
    /// What is known of the guards that a route does not have; production routes only.
    pub routes: Vec<RouteRow>,
}

/// Items that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Its items.
    pub items: Vec<Item>,
}

/// One thing to be sure of before a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// `<section>/<kebab-name>`; the same for ever.
    pub id: String,
    /// What should be so.
    pub title: String,
    /// Whether it is so.
    pub status: Status,
    /// Why this is the status, in a sentence.
    pub summary: String,
    /// What a proof does not cover.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limits: String,
    /// What a person should look at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub look: String,
    /// The rules that reported against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Places and counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// How much more evidence there is than is listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// The answer to an item, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Evidence against it.
    Refuted,
    /// Files alone do not tell, or not all of them could be read.
    NeedsPerson,
    /// It holds, within the limits that are named.
    Proved,
    /// The project has nothing that it could be about.
    NotApplicable,
}

impl Status {
    /// Every status, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Refuted, Self::NeedsPerson, Self::Proved, Self::NotApplicable];

    /// The words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Refuted => "refuted",
            Self::NeedsPerson => "needs a person",
            Self::Proved => "proved",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What there is.
    pub message: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// What is judged of the guards that one route does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteRow {
    /// Position of the route in the document's `endpoints`.
    pub endpoint: u64,
    /// The route in words: `POST /items`.
    pub route: String,
    /// By kind of guard: `authentication`, `rate-limit`, …. A kind without a guard and without a cell is neither there
    /// nor asked for.
    pub cells: BTreeMap<String, Cell>,
}

/// The absence of a guard, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// What the absence means.
    pub state: CellState,
    /// Why.
    pub reason: String,
}

/// What the absence of a guard means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// A hole: it should be there.
    Missing,
    /// Whether there is one is not told by the code.
    Unknown,
    /// The route is for everybody.
    Public,
    /// There is nothing that it could guard.
    NotApplicable,
}

impl Checklist {
    /// Every item.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sections.iter().flat_map(|section| &section.items)
    }

    /// How many items have a status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.items().filter(|item| item.status == status).count()
    }
}
