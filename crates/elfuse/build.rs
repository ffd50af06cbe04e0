//! Links `elfuse` statically where the C library allows it: glibc on Linux, with its static archives installed.
//!
//! A guest process is a process of `elfuse`, so each `exec` of a guest pays for starting it: the dynamic linker's work, and the
//! relocations of a position-independent image, are a quarter of the start of a small program.
//! The usual ways, `-C target-feature=+crt-static` and a musl target, need cargo's `--target`, which moves the binary out of
//! `target/release` and makes procedural macros a special case. So only the link of this one binary changes: rustc names
//! its libraries as `-lc`, `-lm`, `-lgcc_s` …, and the linker finds archives of these names first.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What rustc links a program for Linux with glibc against, and the archive that holds the same.
const LIBRARIES: [(&str, &str); 7] = [
    ("libc.a", "libc.a"),
    ("libm.a", "libm.a"),
    ("librt.a", "librt.a"),
    ("libpthread.a", "libpthread.a"),
    ("libutil.a", "libutil.a"),
    ("libdl.a", "libdl.a"),
    ("libgcc_s.a", "libgcc_eh.a"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |variable: &str, value: &str| env::var(variable).is_ok_and(|v| v == value);
    if !is("CARGO_CFG_TARGET_OS", "linux")
        || !is("CARGO_CFG_TARGET_ENV", "gnu")
        || env::var("TARGET") != env::var("HOST")
    {
        return Ok(());
    }
    let archives: Option<Vec<_>> =
        LIBRARIES.iter().map(|(name, archive)| Some((*name, archive_path(archive)?))).collect();
    // Without the archives (glibc-static of Fedora) the program is linked as usual.
    let Some(archives) = archives else { return Ok(()) };

    let directory = Path::new(&env::var("OUT_DIR")?).join("archives");
    fs::create_dir_all(&directory)?;
    for (name, archive) in archives {
        let link = directory.join(name);
        if link.symlink_metadata().is_ok() {
            fs::remove_file(&link)?;
        }
        std::os::unix::fs::symlink(archive, &link)?;
    }
    println!("cargo:rustc-link-search=native={}", directory.display());
    println!("cargo:rustc-link-arg-bin=elfuse=-static");
    println!("cargo:rustc-link-arg-bin=elfuse=-no-pie");
    Ok(())
}

/// Where the C compiler, which is the linker, finds an archive.
fn archive_path(name: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    // A name that is not found is printed as it is.
    path.is_absolute().then_some(path)
}
