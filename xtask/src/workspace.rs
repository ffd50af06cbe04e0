//! Where things are in the checkout.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a directory of the workspace")
}

/// The build directory that Cargo uses for this checkout.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Builds the release binary and returns its path.
pub fn build_elfuse() -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["build", "--quiet", "--release", "-p", "elfuse"]);
    match cargo.status()?.success() {
        true => Ok(target().join("release/elfuse")),
        false => Err("elfuse does not build".into()),
    }
}
