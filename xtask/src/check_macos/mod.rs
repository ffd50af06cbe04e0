//! `cargo xtask check-macos`: the macOS build is type-checked, linted and linked, on Debian.
//!
//! No Mac is at hand where the tests run, so this shows types, lints and linkage, not behaviour.
//! `xtask` itself is for Linux.

mod sdk;
mod toolchain;

use crate::command::output;
use crate::{Result, workspace};
use std::path::PathBuf;
use std::process::ExitCode;
use toolchain::Toolchain;

const TARGET: &str = "aarch64-apple-darwin";
/// The first macOS with everything that the host layer uses: `mknodat` and `mkfifoat`.
const DEPLOYMENT_TARGET: &str = "13.0";

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    let binary = check()?;
    println!("{}: Mach-O 64-bit arm64 executable", binary.display());
    Ok(ExitCode::SUCCESS)
}

/// Lints and links for macOS; returns the linked binary.
pub fn check() -> Result<PathBuf> {
    let dir = workspace::target().join("macos");
    let toolchain = Toolchain::get(&dir)?;
    let build = dir.join("build");
    println!("clippy for {TARGET}");
    output(
        toolchain
            .clippy(&build)
            .args(["--quiet", "--workspace", "--exclude", "xtask", "--all-targets"])
            .args(["--target", TARGET, "--", "-D", "warnings"]),
    )?;
    println!("linking for {TARGET}");
    sdk::link(&toolchain, &dir)
}
