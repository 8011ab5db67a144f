//! Any bytes → an advisory record or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stageclear::advisory::osv;

fuzz_target!(|bytes: &[u8]| {
    let _ = osv::parse(bytes);
});
