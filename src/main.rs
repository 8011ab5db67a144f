//! Arguments → [`stageclear::cli`] → exit status.

#![forbid(unsafe_code)]

/// An analysis makes and drops millions of small sets; this allocator does so in half the time of the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::disallowed_methods, reason = "this is main")]
fn main() -> std::process::ExitCode {
    stageclear::policy::on_excess(|message| std::process::exit(stageclear::cli::excess(message)));
    stageclear::cli::main()
}
