//! What policies of others may take of memory.
//!
//! The evaluator looks at the time between two steps of its own, and one step can be a call that fills all memory:
//! `numbers.range(1, 300000000)`, or the last of ten rules each of which doubles a text. So a thread looks at what the
//! process holds, a hundred times a second, while such policies are evaluated. Work on a thread cannot be ended from
//! outside it: a program says by [`on_excess`] what is done then, and the command line ends, with what it could not check.
//! In a program that says nothing, nobody watches.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// What is called when policies hold too much: with a message that names them.
type Handler = fn(&str);

/// Evaluations that are going on.
#[derive(Default)]
struct State {
    /// Bytes that the process may hold: what it held when the first of them began, and their limit.
    most: usize,
    limit: usize,
    /// What is evaluated.
    names: Vec<String>,
}

static STATE: Mutex<State> = Mutex::new(State { most: 0, limit: 0, names: Vec::new() });
static HANDLER: OnceLock<Handler> = OnceLock::new();
static WATCHER: OnceLock<Option<Thread>> = OnceLock::new();

/// From now on `handler` is called when evaluations have taken more than [`super::Limits::memory`]. The first call counts.
pub fn on_excess(handler: Handler) {
    let _ = HANDLER.set(handler);
}

/// An evaluation that is watched as long as this lives.
pub(super) struct Watched(Option<String>);

impl Watched {
    /// Begins to watch: the process may grow by `limit` bytes from what it holds now, or, where others are evaluated
    /// already, from what it held when they began.
    pub(super) fn begin(name: &str, limit: usize) -> Self {
        if HANDLER.get().is_none() {
            return Self(None);
        }
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        if state.names.is_empty() {
            state.most = held().unwrap_or(0).saturating_add(limit);
            state.limit = limit;
        }
        state.names.push(name.to_owned());
        drop(state);
        if let Some(thread) = WATCHER.get_or_init(watcher) {
            thread.unpark();
        }
        Self(Some(name.to_owned()))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let Some(own) = &self.0 else { return };
        let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = state.names.iter().position(|name| name == own) {
            state.names.swap_remove(at);
        }
    }
}

/// Bytes of memory that the process has now.
fn held() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}

fn watcher() -> Option<Thread> {
    let watch = || {
        loop {
            let state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
            if state.names.is_empty() {
                drop(state);
                std::thread::park();
                continue;
            }
            let excess = held().filter(|held| *held > state.most).map(|_| message(&state));
            drop(state);
            if let (Some(message), Some(handler)) = (excess, HANDLER.get()) {
                handler(&message);
            }
            std::thread::sleep(PAUSE);
        }
    };
    let thread = std::thread::Builder::new().name("policy memory".to_owned()).spawn(watch);
    thread.ok().map(|handle| handle.thread().clone())
}

fn message(state: &State) -> String {
    let mut names = state.names.clone();
    names.sort_unstable();
    names.dedup();
    let (names, limit) = (names.join(", "), state.limit >> 20);
    format!(
        "{names}: evaluation took more than {limit} MiB of memory and was stopped\nhint: look for `numbers.range` up to a \
         large number, widths in `sprintf`, and rules that double a list or a text"
    )
}
