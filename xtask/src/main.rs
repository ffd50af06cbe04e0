//! What a developer types: `cargo xtask COMMAND`.
//!
//! Each command is a module with a `run` that takes the rest of the command line. Everything is
//! plain Rust and the machine's own tools, because the first thing that a newcomer runs must not
//! need a second tool installed first.

#![forbid(unsafe_code)]

mod apt;
mod bench;
mod check_macos;
mod command;
mod demo;
mod deviations;
mod difftest;
mod fixtures;
mod house;
mod syscalls;
mod sysroot;
mod test;
mod torture;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  bench         measure against native code and qemu-aarch64
  check-macos   check, lint and link the macOS build
  demo          a short tour in arm64 programs from Debian
  deviations    write docs/deviations.md
  difftest      compare our engines with qemu-aarch64, instruction by instruction
  fixtures      fetch the arm64 programs that the tests run, and install missing host tools
  house         check the rules of the project
  syscalls      write docs/syscalls.md
  sysroot       make a directory with an arm64 Debian or musl for elfuse --sysroot
  test          run every test and count the results
  torture       threads, signals, mappings and forks, all at once, for minutes
";

/// The result of a developer command; the error is shown to the developer as it is.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let mut args = lexopt::Parser::from_env();
    let command = match args.next() {
        Ok(Some(lexopt::Arg::Value(name))) => name.to_string_lossy().into_owned(),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let outcome = match command.as_str() {
        "bench" => bench::run(args),
        "check-macos" => check_macos::run(args),
        "demo" => demo::run(args),
        "deviations" => deviations::run(args),
        "difftest" => difftest::run(args),
        "fixtures" => fixtures::run(args),
        "house" => house::run(args),
        "syscalls" => syscalls::run(args),
        "sysroot" => sysroot::run(args),
        "test" => test::run(args),
        "torture" => torture::run(args),
        _ => {
            eprint!("xtask: no command {command}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask {command}: {error}");
            ExitCode::FAILURE
        }
    }
}
