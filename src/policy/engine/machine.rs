//! The built-in policies as programs for the evaluator's machine, made when the crate is built (`build/program.rs`).
//!
//! It gives what reading the policies and evaluating them gives (its tests compare the two), in a third of the
//! time, and needs no parsing. It takes no policies of others, has no traces and no coverage: those are for
//! [`super::Engine`]. A built-in function that fails leaves its rule undefined.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use regorus::Value;
use regorus::rvm::program::{DeserializationResult, Program};
use regorus::rvm::vm::{RegoVM, VmError};
use regorus::utils::limits::ExecutionTimerConfig;

use super::{Input, Limits, functions, on_large_stack};
use crate::policy::error::{Diagnosis, PolicyError};

/// The document that says which rules are asked.
const ASKED: &str = "asked";
/// Documents that built-in policies read.
const READ: [&str; 2] = ["config", "organization"];

/// Which program: every rule is in the whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All built-in policies.
    Whole,
    /// Those on dependencies, and the release gate: a fifth of it, for audits that ask nothing else.
    Dependencies,
}

/// A machine with a program.
pub struct Machine {
    part: Part,
    vm: RegoVM,
    data: Value,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Machine")
    }
}

impl Machine {
    /// A machine, with `data` beside the program.
    pub fn new(part: Part, limits: Limits, data: &Value) -> Result<Self, PolicyError> {
        let mut vm = RegoVM::new();
        vm.load_program(part.program()?);
        vm.set_max_instructions(usize::MAX);
        let check_interval = NonZeroU32::new(1024).unwrap_or(NonZeroU32::MIN);
        vm.set_execution_timer_config(Some(ExecutionTimerConfig { limit: limits.time, check_interval }));
        let mut own = Value::new_object();
        let fields = own.as_object_mut().map_err(|error| broken(&error.to_string()))?;
        for name in READ {
            let value = &data[name];
            if *value != Value::Undefined {
                fields.insert(name.into(), value.clone());
            }
        }
        Ok(Self { part, vm, data: own })
    }

    /// Which program it runs.
    pub fn part(&self) -> Part {
        self.part
    }

    /// The values of built-in rules by their names, such as `data.stageclear.settings.debug_enabled.deny`, without those
    /// that are undefined. What they share is computed once.
    pub fn ask<'a>(
        &mut self,
        input: &Input,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, serde_json::Value>, PolicyError> {
        let mut asked = Value::new_object();
        let fields = asked.as_object_mut().map_err(|error| broken(&error.to_string()))?;
        for name in names {
            fields.insert(name.into(), true.into());
        }
        let mut data = self.data.clone();
        data.as_object_mut().map_err(|error| broken(&error.to_string()))?.insert(ASKED.into(), asked);
        let vm = &mut self.vm;
        let told = on_large_stack(|| {
            vm.set_data(data)?;
            vm.set_input(input.0.clone());
            let told = vm.execute_entry_point_by_index(0);
            // The document is not kept: it is large.
            vm.set_input(Value::Undefined);
            told
        })?;
        let told = told.map_err(|error| failed(&error))?;
        let mut found = BTreeMap::new();
        for pair in told.as_set().map(|set| set.iter()).into_iter().flatten() {
            let Ok(pair) = pair.as_array() else { continue };
            let [name, value] = pair.as_slice() else { continue };
            let name = name.as_string().map_err(|error| broken(&error.to_string()))?.to_string();
            let value = serde_json::to_value(value).map_err(|error| PolicyError::Input(error.to_string()))?;
            found.insert(name, value);
        }
        Ok(found)
    }
}

impl Part {
    /// Reads the program beside other work, so that the first machine need not wait for it. What is wrong is told then.
    pub fn prepare(self) {
        let _ = self.program();
    }

    /// Whether the program has been read.
    pub fn is_read(self) -> bool {
        self.read().get().is_some()
    }

    fn read(self) -> &'static OnceLock<Arc<Program>> {
        static WHOLE: OnceLock<Arc<Program>> = OnceLock::new();
        static DEPENDENCIES: OnceLock<Arc<Program>> = OnceLock::new();
        match self {
            Self::Whole => &WHOLE,
            Self::Dependencies => &DEPENDENCIES,
        }
    }

    fn program(self) -> Result<Arc<Program>, PolicyError> {
        if let Some(program) = self.read().get() {
            return Ok(Arc::clone(program));
        }
        let bytes: &[u8] = match self {
            Self::Whole => include_bytes!(concat!(env!("OUT_DIR"), "/policies.program")),
            Self::Dependencies => include_bytes!(concat!(env!("OUT_DIR"), "/dependencies.program")),
        };
        match Program::deserialize_binary(bytes).map_err(|error| broken(&error))? {
            DeserializationResult::Complete(mut program) => {
                functions::replace(&mut program);
                Ok(Arc::clone(self.read().get_or_init(|| Arc::new(program))))
            }
            DeserializationResult::Partial(_) => Err(broken("a part of it is missing")),
        }
    }
}

fn broken(why: &str) -> PolicyError {
    PolicyError::Input(format!("the built-in policies cannot be run: {why}"))
}

fn failed(error: &VmError) -> PolicyError {
    if let VmError::TimeLimitExceeded { limit, .. } = error {
        let message = format!("evaluation took longer than {} ms and was stopped", limit.as_millis());
        return PolicyError::Limit(Box::new(Diagnosis::file("policies", message)));
    }
    broken(&error.to_string())
}

#[cfg(test)]
mod tests;
