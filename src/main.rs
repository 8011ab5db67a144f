//! Arguments → [`stageclear::cli`] → exit status.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    stageclear::cli::main()
}
