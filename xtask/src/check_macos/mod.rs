//! `cargo xtask check-macos`: the macOS build is type-checked, linted and linked, on Debian.
//!
//! No Mac is at hand where the tests run, so this shows types, lints and linkage, not behaviour.
//! `xtask` itself is for Linux.

mod sdk;
mod toolchain;

use crate::command::quietly;
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
    let check = Check::prepare()?;
    check.lint()?;
    println!("{}: Mach-O 64-bit arm64 executable", check.link()?.display());
    Ok(ExitCode::SUCCESS)
}

/// What the steps need: a compiler with a standard library for macOS.
pub struct Check {
    toolchain: Toolchain,
    dir: PathBuf,
}

impl Check {
    /// Fetches and builds the toolchain, if that was not done before.
    pub fn prepare() -> Result<Self> {
        let dir = workspace::target().join("macos");
        Ok(Self { toolchain: Toolchain::get(&dir)?, dir })
    }

    /// Type-checks and lints all crates that elfuse consists of, with their tests.
    pub fn lint(&self) -> Result<()> {
        println!("clippy for {TARGET}");
        quietly(
            self.toolchain
                .clippy(&self.dir.join("build"))
                .args(["--quiet", "--workspace", "--exclude", "xtask", "--all-targets"])
                .args(["--target", TARGET, "--", "-D", "warnings"]),
        )
    }

    /// Links the program and returns where it is.
    pub fn link(&self) -> Result<PathBuf> {
        println!("linking for {TARGET}");
        sdk::link(&self.toolchain, &self.dir)
    }
}
