//! `cargo xtask sysroot`: directories for `elfuse --sysroot`, from Debian's packages.
//!
//! Packages are unpacked, never configured: their scripts would need root and an hour under
//! emulation. What scripts leave behind and programs need is made here: accounts, and the links
//! that dpkg calls alternatives.

use crate::apt::PrivateApt;
use crate::{Result, workspace};
use lexopt::prelude::*;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask sysroot debian|musl DIR [PACKAGE...]

  debian   glibc, a shell and the usual tools; then every PACKAGE with what it depends on
  musl     the musl C library with its loader
";

/// What a shell script expects.
pub const DEBIAN: &[&str] = &[
    "age",
    "base-files",
    "base-passwd",
    "bash",
    "bzip2",
    "coreutils",
    "dash",
    "debianutils",
    "diffutils",
    "fd-find",
    "file",
    "findutils",
    "fzf",
    "gawk",
    "git-lfs",
    "grep",
    "gron",
    "gzip",
    "hostname",
    "jq",
    "libc-bin",
    "lua5.4",
    "make",
    "mawk",
    "minify",
    "ncurses-base",
    "perl-base",
    "procps",
    "python3",
    "ripgrep",
    "sed",
    "sqlite3",
    "tar",
    "xz-utils",
    "zstd",
];

/// A C library and nothing else: programs for it are built with a cross compiler.
const MUSL: &[&str] = &["musl"];

/// Links that maintainer scripts would make, where their target is there. The first target wins.
const ALTERNATIVES: &[(&str, &[&str])] = &[
    ("usr/bin/awk", &["mawk", "gawk"]),
    ("usr/bin/c++", &["g++"]),
    ("usr/bin/cc", &["gcc"]),
    ("usr/bin/editor", &["vim.basic", "vim.tiny"]),
    ("usr/bin/lua", &["lua5.4"]),
    ("usr/bin/pager", &["less", "more"]),
    ("usr/bin/vi", &["vim.basic", "vim.tiny"]),
    ("usr/bin/vim", &["vim.basic", "vim.tiny"]),
    ("usr/bin/which", &["which.debianutils"]),
];

/// Top-level directories that are links into `/usr` on a Debian system.
const MERGED: [&str; 3] = ["bin", "lib", "sbin"];

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut values: Vec<OsString> = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Value(value) => values.push(value),
            Long("help") | Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    let mut values = values.into_iter();
    let (Some(kind), Some(dir)) = (values.next(), values.next()) else {
        return Err(USAGE.into());
    };
    let more: Vec<String> =
        values.map(|value| value.string()).collect::<std::result::Result<_, _>>()?;
    let base = match kind.to_str() {
        Some("debian") => DEBIAN,
        Some("musl") => MUSL,
        _ => return Err(USAGE.into()),
    };
    let packages: Vec<String> = base.iter().map(|&name| name.to_owned()).chain(more).collect();
    let dir = std::path::absolute(PathBuf::from(dir))?;
    make(&dir, &packages)?;
    println!("Try it:\n  target/release/elfuse --sysroot {} /bin/…", dir.display());
    Ok(ExitCode::SUCCESS)
}

/// Makes a tree of `packages` and what they depend on.
pub fn make(dir: &Path, packages: &[String]) -> Result<()> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{}: is there already, and not empty", dir.display()).into());
    }
    let mut scratch = dir.as_os_str().to_owned();
    scratch.push(".apt");
    let scratch = PathBuf::from(scratch);
    let apt = PrivateApt::new(scratch.clone(), "arm64")?;
    let all = apt.closure(packages)?;
    println!("fetching {} arm64 packages into {}", all.len(), dir.display());
    fs::create_dir_all(dir.join("usr"))?;
    for name in MERGED {
        fs::create_dir_all(dir.join("usr").join(name))?;
        symlink(Path::new("usr").join(name), dir.join(name))?;
    }
    apt.unpack_all(&all, dir)?;
    fs::remove_dir_all(scratch)?;
    finish(dir)
}

/// The tree that the tests run: made when it is missing or its list of packages has changed.
pub fn fetch() -> Result<PathBuf> {
    let dir = workspace::root().join("fixtures/debian");
    let list = workspace::root().join("fixtures/debian.packages");
    let packages: Vec<String> = DEBIAN.iter().map(|&name| name.to_owned()).collect();
    let wanted = packages.join(" ");
    if dir.exists() {
        if fs::read_to_string(&list).is_ok_and(|made| made == wanted) {
            return Ok(dir);
        }
        fs::remove_dir_all(&dir)?;
    }
    make(&dir, &packages)?;
    // Last: an interrupted fetch leaves nothing that looks complete.
    fs::write(list, wanted)?;
    Ok(dir)
}

/// What the packages' scripts would have done.
fn finish(dir: &Path) -> Result<()> {
    for name in ["passwd", "group"] {
        let master = dir.join("usr/share/base-passwd").join(format!("{name}.master"));
        if master.exists() {
            fs::create_dir_all(dir.join("etc"))?;
            fs::copy(master, dir.join("etc").join(name))?;
        }
    }
    for (link, targets) in ALTERNATIVES {
        let link = dir.join(link);
        let found = targets.iter().find(|target| link.with_file_name(target).exists());
        if let Some(target) = found
            && link.symlink_metadata().is_err()
        {
            symlink(target, link)?;
        }
    }
    if dir.join("etc/mtab").symlink_metadata().is_err() {
        fs::create_dir_all(dir.join("etc"))?;
        symlink("../proc/self/mounts", dir.join("etc/mtab"))?;
    }
    for (name, mode) in [("tmp", 0o1777), ("dev", 0o755), ("proc", 0o755), ("sys", 0o755)] {
        fs::create_dir_all(dir.join(name))?;
        fs::set_permissions(dir.join(name), Permissions::from_mode(mode))?;
    }
    Ok(())
}
