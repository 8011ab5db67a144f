//! Compiles the data files into the blobs that the library embeds; fails on data that does not validate.

#[path = "build/secrets.rs"]
mod secrets;

fn main() {
    if let Err(error) = secrets::compile() {
        println!("cargo::error={}", error.replace('\n', " "));
        eprintln!("{error}");
        std::process::exit(1);
    }
}
