//! Compiles the data files into the blobs that the library embeds; fails on data that does not validate.

#[path = "build/rules.rs"]
mod rules;

fn main() {
    if let Err(error) = rules::compile() {
        println!("cargo::error={}", error.replace('\n', " "));
        eprintln!("{error}");
        std::process::exit(1);
    }
}
