//! What of the policies is in force: level, packs and parameters, as the project chooses within what its organisation
//! demands.
//!
//! A policy that the organisation locks and would run stays on whatever the project chooses. The values of parameters
//! become `data.config`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::level::{Level, Parameter, nearest};
use super::organization::Demands;
use super::{Policy, PolicyError, PolicySet};
use crate::base::Location;
use crate::document::Attempt;
use crate::options::{Named, PolicyChoice};

/// Packs that are no choice: the verdict itself.
const FIXED: &str = "release-gate";
/// The name of the document with the parameters' values.
pub(super) const CONFIG: &str = "config";

/// What was chosen, and what asked for less than is demanded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The level in force; `None` for all policies.
    pub level: Option<Level>,
    /// What the project asked for and did not get.
    pub attempts: Vec<Attempt>,
}

/// A level and packs, and the parameters that were set: who sets one wants the policy that reads it.
#[derive(Debug, Clone)]
struct Selection {
    level: Level,
    packs: Option<BTreeSet<String>>,
    parameters: BTreeSet<String>,
}

impl Selection {
    fn holds(&self, policy: &Policy) -> bool {
        let pack = pack(policy);
        if !policy.is_built_in() {
            // Who adds a policy wants it, unless it says for whom it is.
            return policy.metadata.level.is_none_or(|level| level <= self.level);
        }
        let set = policy.metadata.parameters.iter().any(|parameter| self.parameters.contains(&parameter.name));
        let picked = policy.level() <= self.level && self.packs.as_ref().is_none_or(|packs| packs.contains(pack));
        pack == FIXED || set || picked
    }
}

/// `policy/settings/debug-enabled` → `settings`.
fn pack(policy: &Policy) -> &str {
    policy.id.split('/').nth(1).unwrap_or_default()
}

impl Policy {
    /// From which level on it runs.
    #[must_use]
    pub fn level(&self) -> Level {
        self.metadata.level.unwrap_or_else(|| Level::of(self.metadata.severity))
    }
}

impl PolicySet {
    /// Keeps the policies of the chosen level and packs, and gives policies the chosen parameters. Names and values that
    /// do not exist are errors.
    pub fn choose(mut self, choice: &PolicyChoice, demands: Option<&Demands>) -> Result<(Self, Chosen), PolicyError> {
        let mut chosen = Chosen::default();
        let values = self.values(choice, demands, &mut chosen)?;
        let mut asked = self.asked(choice)?;
        let mut demanded = demands.map(|demands| self.demanded(demands)).transpose()?.flatten();
        for selection in asked.iter_mut().chain(&mut demanded) {
            selection.parameters = values.keys().cloned().collect();
        }
        let selection = match (&asked, &demanded) {
            (Some(asked), _) => Some(asked),
            (None, demanded) => demanded.as_ref(),
        };
        if let Some(selection) = selection {
            chosen.level = Some(selection.level);
            let stays = |policy: &Policy| {
                let wanted = demanded.as_ref().is_none_or(|demanded| demanded.holds(policy));
                wanted && demands.is_some_and(|demands| demands.locks(&policy.id))
            };
            let kept = self.policies.iter().filter(|policy| !selection.holds(policy) && stays(policy)).count();
            self.policies.retain(|policy| selection.holds(policy) || stays(policy));
            if kept > 0 {
                let at = choice.level.as_ref().or_else(|| choice.packs.as_ref().and_then(|packs| packs.first()));
                let message = format!("switching off {kept} policies by level or packs: they stay on");
                chosen.attempts.push(attempt(choice, at, message));
            }
        }
        if !values.is_empty() {
            let data = Value::Object(Map::from_iter([(CONFIG.to_owned(), Value::Object(values))]));
            self.engine.add_data(&choice.file, &data)?;
            self.engine.check()?;
            self.pool = super::Pool::default();
        }
        Ok((self, chosen))
    }

    fn asked(&self, choice: &PolicyChoice) -> Result<Option<Selection>, PolicyError> {
        if choice.level.is_none() && choice.packs.is_none() {
            return Ok(None);
        }
        let wrong = |at: &Named, message: &str| PolicyError::Choice(choice.show(at, message));
        let level = choice.level.as_ref();
        let level = level.map(|at| at.name.parse().map_err(|message: String| wrong(at, &message))).transpose()?;
        let known = self.packs();
        for at in choice.packs.iter().flatten() {
            if !known.contains(at.name.as_str()) {
                return Err(wrong(at, &unknown("pack", &at.name, known.iter().copied())));
            }
        }
        let packs = choice.packs.as_ref().map(|packs| packs.iter().map(|at| at.name.clone()).collect());
        Ok(Some(Selection { level: level.unwrap_or(Level::Strict), packs, parameters: BTreeSet::new() }))
    }

    fn demanded(&self, demands: &Demands) -> Result<Option<Selection>, PolicyError> {
        if demands.level.is_none() && demands.packs.is_none() {
            return Ok(None);
        }
        let level = demands.level.as_ref().map(|level| level.parse().map_err(PolicyError::Demands)).transpose()?;
        let known = self.packs();
        if let Some(wrong) = demands.packs.iter().flatten().find(|pack| !known.contains(pack.as_str())) {
            return Err(PolicyError::Demands(unknown("pack", wrong, known.iter().copied())));
        }
        let packs = demands.packs.as_ref().map(|packs| packs.iter().cloned().collect());
        Ok(Some(Selection { level: level.unwrap_or(Level::Strict), packs, parameters: BTreeSet::new() }))
    }

    /// The names of the built-in packs.
    pub fn packs(&self) -> BTreeSet<&str> {
        self.policies.iter().filter(|policy| policy.is_built_in()).map(pack).collect()
    }

    /// Every parameter, by name.
    pub fn parameters(&self) -> BTreeMap<&str, &Parameter> {
        let all = self.policies.iter().flat_map(|policy| &policy.metadata.parameters);
        all.map(|parameter| (parameter.name.as_str(), parameter)).collect()
    }

    fn values(
        &self,
        choice: &PolicyChoice,
        demands: Option<&Demands>,
        chosen: &mut Chosen,
    ) -> Result<Map<String, Value>, PolicyError> {
        let mut values = Map::new();
        if choice.parameters.is_empty() && demands.is_none_or(|demands| demands.parameters.is_empty()) {
            return Ok(values);
        }
        let known = self.parameters();
        for (name, value) in demands.into_iter().flat_map(|demands| &demands.parameters) {
            let Some(parameter) = known.get(name.as_str()) else {
                return Err(PolicyError::Demands(unknown("parameter", name, known.keys().copied())));
            };
            parameter.admit(value).map_err(|why| PolicyError::Demands(format!("`{name}`: {why}")))?;
            values.insert(name.clone(), value.clone());
        }
        let hyphens: Vec<String> = known.keys().map(|name| name.replace('_', "-")).collect();
        for (at, value) in &choice.parameters {
            let wrong = |message: &str| PolicyError::Choice(choice.show(at, message));
            let Some(parameter) = known.get(at.name.replace('-', "_").as_str()).filter(|_| !at.name.contains('_'))
            else {
                let written = at.name.replace('_', "-");
                return Err(wrong(&unknown("parameter", &written, hyphens.iter().map(String::as_str))));
            };
            parameter.admit(value).map_err(|message| wrong(&message))?;
            let bound = values.get(&parameter.name);
            let (holds, less) = bound.map_or((value.clone(), false), |bound| parameter.tightened(bound, value));
            if less {
                let message = format!("`{}` = {value}: {holds} holds", at.name);
                chosen.attempts.push(attempt(choice, Some(at), message));
            }
            values.insert(parameter.name.clone(), holds);
        }
        Ok(values)
    }
}

fn attempt(choice: &PolicyChoice, at: Option<&Named>, message: String) -> Attempt {
    let location = at.map_or_else(|| Location::file(&choice.file), |at| Location::line(&choice.file, choice.line(at)));
    Attempt { message, location: Some(location) }
}

/// Words for a name that does not exist.
fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(meant) => format!("there is no {kind} `{name}`; did you mean `{meant}`?"),
        None => format!(
            "there is no {kind} `{name}`; there are {}",
            known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::options::{Options, OptionsFile};

    fn choice(text: &str) -> PolicyChoice {
        let mut options = Options::new(jiff::civil::date(2026, 1, 1));
        let file = OptionsFile::parse("stageclear.toml", text).unwrap();
        file.apply("stageclear.toml", text, std::path::Path::new("."), &|_| true, &mut options).unwrap();
        options.choice
    }

    fn chosen(text: &str, demands: Option<&Demands>) -> Result<(PolicySet, Chosen), PolicyError> {
        PolicySet::built_in().unwrap().choose(&choice(text), demands)
    }

    fn demands(value: serde_json::Value) -> Demands {
        serde_json::from_value(value).unwrap()
    }

    fn ids(set: &PolicySet) -> BTreeSet<String> {
        set.policies().iter().map(|policy| policy.id.clone()).collect()
    }

    #[test]
    fn a_level_holds_what_the_one_before_holds() {
        let all = ids(&PolicySet::built_in().unwrap());
        let [baseline, standard, strict] = ["baseline", "standard", "strict"]
            .map(|level| ids(&chosen(&format!("[policy]\nlevel = \"{level}\""), None).unwrap().0));
        assert!(baseline.len() > 30 && baseline.is_subset(&standard) && standard.is_subset(&strict));
        assert!(baseline.len() < standard.len() && standard.len() < strict.len());
        assert_eq!(strict, all);
        assert!(baseline.contains("policy/release-gate/verdict") && baseline.contains("policy/release-gate/waivers"));
    }

    #[test]
    fn packs_are_picked() {
        let (set, _) = chosen("[policy]\npacks = [\"settings\"]", None).unwrap();
        assert!(set.policies().iter().all(|policy| ["settings", "release-gate"].contains(&pack(policy))));
    }

    #[test]
    fn what_does_not_exist_is_shown_in_the_file() {
        for (text, wanted) in [
            ("[policy]\nlevel = \"strickt\"", "`strickt` is no level"),
            ("[policy]\npacks = [\"setings\"]", "there is no pack `setings`; did you mean `settings`?"),
            ("[policy.parameters]\nminimal-password-length = 9", "did you mean `minimum-password-length`?"),
            ("[policy.parameters]\nminimum_password_length = 9", "did you mean `minimum-password-length`?"),
            ("[policy.parameters]\nminimum-password-length = \"9\"", "is not a number"),
            ("[policy.parameters]\npublic-routes = [1]", "is not a list of texts"),
        ] {
            let error = chosen(text, None).unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("stageclear.toml:") && error.contains('^'), "{error}");
        }
    }

    #[test]
    fn parameters_reach_policies() {
        let (set, _) = chosen("[policy.parameters]\nminimum-password-length = 12", None).unwrap();
        let setting = json!({"dialect": "python", "key": "password.min_length", "value": {"kind": "literal", "value": 10},
            "location": {"path": "a.py", "line": 1, "column": 1, "end_line": 1, "end_column": 2}, "context": "production"});
        let input = super::super::engine::Input::new(&json!({"settings": [setting]})).unwrap();
        let query = "count(data.stageclear.settings.weak_password_rules.warn)";
        assert_eq!(set.query(&input, query).unwrap().value, Some(json!(1)));
        assert_eq!(PolicySet::built_in().unwrap().query(&input, query).unwrap().value, Some(json!(0)));
    }

    #[test]
    fn an_organisation_can_only_be_tightened() {
        let acme = demands(
            json!({"level": "standard", "parameters": {"minimum_password_length": 12, "public_routes": ["/status"]}}),
        );
        let (set, made) = chosen("[policy]\nlevel = \"baseline\"\n[policy.parameters]\nminimum-password-length = 8\npublic-routes = [\"/**\"]", Some(&acme)).unwrap();
        let messages: Vec<&str> = made.attempts.iter().map(|attempt| attempt.message.as_str()).collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages.iter().any(|message| message.contains("by level or packs: they stay on")), "{messages:?}");
        assert!(messages.contains(&"`minimum-password-length` = 8: 12 holds"), "{messages:?}");
        assert!(set.policies().iter().any(|policy| policy.level() == Level::Standard));
        let strict = set.policies().iter().filter(|policy| policy.level() == Level::Strict && pack(policy) != FIXED);
        // What a parameter was set for stays on.
        assert_eq!(
            strict.map(|policy| policy.id.as_str()).collect::<Vec<_>>(),
            ["policy/settings/weak-password-rules"]
        );
        let nothing = super::super::engine::Input::new(&json!({})).unwrap();
        let value = set.query(&nothing, "data.config").unwrap().value;
        assert_eq!(value, Some(json!({"minimum_password_length": 12, "public_routes": []})));
        // More is nobody's business.
        let (set, made) =
            chosen("[policy]\nlevel = \"strict\"\n[policy.parameters]\nminimum-password-length = 16", Some(&acme))
                .unwrap();
        assert_eq!((made.attempts.len(), set.policies().len()), (0, PolicySet::built_in().unwrap().policies().len()));
        // Without a level of its own everything stays on.
        let (set, made) = chosen("[policy]\npacks = [\"settings\"]", Some(&Demands::default())).unwrap();
        assert_eq!((made.attempts.len(), set.policies().len()), (1, PolicySet::built_in().unwrap().policies().len()));
    }

    #[test]
    fn what_an_organisation_misspells_is_its_own_error() {
        for value in [json!({"level": "hard"}), json!({"packs": ["x"]}), json!({"parameters": {"x": 1}})] {
            let error = chosen("", Some(&demands(value))).unwrap_err();
            assert!(matches!(error, PolicyError::Demands(_)), "{error}");
        }
    }
}
