//! A Rust compiler with a standard library for macOS, on Debian.
//!
//! Debian ships matching compiler and standard library *sources* in packages of their own for its
//! browsers; rustup has neither sources nor, here, a library for the target. The packages are
//! unpacked below the build directory and the library is built into the unpacked tree, once. It is
//! built for linking, which yields the metadata for checking as well, and unoptimised, because
//! nothing of it will ever run: that takes a third of the time.
//!
//! Rejected: `-Zbuild-std`, which compiles the library again for every build directory.

use super::TARGET;
use crate::apt::PrivateApt;
use crate::command::{output, quietly};
use crate::{Result, workspace};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiler, its host library (for build scripts and macros), sources, lints, linker. The compiler
/// and the sources must be of one version.
const PACKAGES: [&str; 7] = [
    "rustc-web",
    "libstd-rust-web-dev",
    "libstd-rust-web-1.96",
    "libllvm22",
    "rust-web-src",
    "rust-web-clippy",
    "lld-22",
];

/// Libraries that those need and a bare machine lacks, by file name and package.
const LIBRARIES: [(&str, &str); 8] = [
    ("libbsd.so.0", "libbsd0"),
    ("libedit.so.2", "libedit2"),
    ("libffi.so.8", "libffi8"),
    ("libicudata.so.72", "libicu72"),
    ("libicuuc.so.72", "libicu72"),
    ("libmd.so.0", "libmd0"),
    ("libxml2.so.2", "libxml2"),
    ("libz3.so.4", "libz3-4"),
];

/// The unpacked toolchain. All of it can be deleted at any time.
pub struct Toolchain {
    tree: PathBuf,
}

impl Toolchain {
    /// Fetches and builds what is not there yet, below `dir`.
    pub fn get(dir: &Path) -> Result<Self> {
        if std::env::consts::ARCH != "x86_64" {
            return Err("the toolchain is put together on x86-64 machines only".into());
        }
        let toolchain = Self { tree: dir.join("toolchain") };
        if !toolchain.is_complete() {
            let unfinished = Self { tree: dir.join("toolchain.unfinished") };
            for old in [&unfinished.tree, &toolchain.tree] {
                if old.exists() {
                    fs::remove_dir_all(old)?;
                }
            }
            fs::create_dir_all(dir)?;
            println!("fetching a compiler with sources from Debian (about 142 MB)");
            unfinished.fetch(&dir.join("apt"))?;
            println!("building the standard library for {TARGET}");
            unfinished.build_std(&dir.join("std"))?;
            fs::write(unfinished.stamp(), stamp_text())?;
            // Renamed last: an interrupted run leaves nothing that looks complete.
            fs::rename(&unfinished.tree, &toolchain.tree)?;
        }
        Ok(toolchain)
    }

    fn stamp(&self) -> PathBuf {
        self.tree.join("packages")
    }

    fn is_complete(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|text| text == stamp_text())
    }

    fn fetch(&self, scratch: &Path) -> Result<()> {
        let apt = PrivateApt::new(scratch.to_owned(), "amd64")?;
        for package in PACKAGES {
            apt.unpack(package, &self.tree).map_err(|error| {
                format!(
                    "{error}\nThe packages are those of Debian 12 with its security updates. If the \
                     compiler there has moved on, change PACKAGES in {}",
                    file!()
                )
            })?;
        }
        // A library may need another one, so look again after each round.
        loop {
            let missing = self.missing_libraries()?;
            if missing.is_empty() {
                break;
            }
            for package in missing {
                apt.unpack(package, &self.tree)?;
            }
        }
        Ok(fs::remove_dir_all(scratch)?)
    }

    /// The packages of the libraries that the compiler does not find, each once.
    fn missing_libraries(&self) -> Result<Vec<&'static str>> {
        let listing = output(self.command("ldd").arg(self.program("rustc")))?;
        let mut packages = Vec::new();
        for line in String::from_utf8(listing.stdout)?.lines() {
            let Some((name, _)) = line.trim().split_once(" => not found") else { continue };
            let (_, package) = LIBRARIES
                .iter()
                .find(|(library, _)| *library == name)
                .ok_or_else(|| format!("the compiler needs {name}, which is not installed"))?;
            if !packages.contains(package) {
                packages.push(package);
            }
        }
        Ok(packages)
    }

    fn build_std(&self, build: &Path) -> Result<()> {
        let library = self.tree.join("usr/lib/rustlib/src/rust/library");
        // A dynamic library would have to be linked, for which there is no SDK yet.
        let manifest = library.join("std/Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        let only_rlib =
            text.replace(r#"crate-type = ["dylib", "rlib"]"#, r#"crate-type = ["rlib"]"#);
        if only_rlib == text {
            return Err("the manifest of the standard library is not as expected".into());
        }
        fs::write(manifest, only_rlib)?;
        quietly(
            self.cargo(build)
                .args(["build", "--release", "--locked", "--target", TARGET, "--manifest-path"])
                .arg(library.join("sysroot/Cargo.toml"))
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", "-Zforce-unstable-if-unmarked -Awarnings")
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        )?;
        let into = self.tree.join("usr/lib/rustlib").join(TARGET).join("lib");
        fs::create_dir_all(&into)?;
        for entry in fs::read_dir(build.join(TARGET).join("release/deps"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rlib") {
                fs::rename(&path, into.join(path.file_name().expect("it came from a listing")))?;
            }
        }
        fs::remove_dir_all(build)?;
        Ok(fs::remove_dir_all(self.tree.join("usr/src"))?)
    }

    /// The linker, which decides by its flavor argument what it links.
    pub fn linker(&self) -> PathBuf {
        self.tree.join("usr/lib/llvm-22/bin/lld")
    }

    fn program(&self, name: &str) -> PathBuf {
        self.tree.join("usr/bin").join(name)
    }

    fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
            .map(|dir| self.tree.join(dir).into_os_string());
        command.env("LD_LIBRARY_PATH", libraries.join(":".as_ref()));
        command
    }

    /// Cargo with this compiler; it builds below `build`, apart from everything else.
    pub fn cargo(&self, build: &Path) -> Command {
        let mut cargo = self.command(env!("CARGO"));
        self.set_environment(&mut cargo, build);
        cargo
    }

    /// Clippy with this compiler.
    pub fn clippy(&self, build: &Path) -> Command {
        let mut clippy = self.command(self.program("cargo-clippy"));
        clippy.arg("clippy").env("CARGO", env!("CARGO"));
        self.set_environment(&mut clippy, build);
        clippy
    }

    fn set_environment(&self, command: &mut Command, build: &Path) {
        command.current_dir(workspace::root()).env("CARGO_TARGET_DIR", build);
        command.env("RUSTC", self.program("rustc")).env("RUSTDOC", self.program("rustdoc"));
        // What the running Cargo was told is not for this compiler.
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER"] {
            command.env_remove(name);
        }
    }
}

fn stamp_text() -> String {
    PACKAGES.join("\n")
}
