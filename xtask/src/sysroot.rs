//! `cargo xtask sysroot`: directories for `elfuse --sysroot`, from Debian's packages.
//!
//! Packages are unpacked, never configured: their scripts would need root and an hour under
//! emulation. What scripts leave behind and programs need is made here: accounts, and the links
//! that dpkg calls alternatives.

use crate::apt::PrivateApt;
use crate::command::quietly;
use crate::{Result, workspace};
use lexopt::prelude::*;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
Usage: cargo xtask sysroot debian|musl DIR [PACKAGE...]

  debian   glibc, a shell and the usual tools; then every PACKAGE with what it depends on
  musl     the musl C library with its loader, and busybox for a shell
";

/// What a shell script expects.
pub const DEBIAN: &[&str] = &[
    "age",
    "apt",
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
    "netbase",
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

/// Stands for Python's own tests, whose package has the version in its name. They come without
/// what that package depends on for the sake of single tests.
const PYTHON_TESTS: &str = "libpython3-testsuite";

/// What the scripts of `guests/software` run besides.
const SOFTWARE: &[&str] = &[
    "curl",
    "g++",
    "gcc",
    "git",
    "gpg-agent",
    "gpg",
    "libc6-dev",
    "musl-tools",
    "nodejs",
    "openssh-client",
    "openssl",
    "redis-server",
    "redis-tools",
    "ruby",
    "vim-tiny",
];

/// A C library and a shell: programs for it are built with a cross compiler, or come as packages
/// of other systems.
const MUSL: &[&str] = &["busybox-static", "musl"];

/// Programs for musl that Python's package index has, as `guests/software/wheels` runs them. Of fixed versions,
/// because their output changes.
const WHEELS: [&str; 4] = ["ninja==1.13.2", "ripgrep==14.1.0", "ruff==0.17.6", "typos==1.52.0"];

/// Links that maintainer scripts would make, where their target is there. The first target wins.
const ALTERNATIVES: &[(&str, &[&str])] = &[
    ("usr/bin/aclocal", &["aclocal-1.16"]),
    ("usr/bin/automake", &["automake-1.16"]),
    ("usr/bin/awk", &["mawk", "gawk"]),
    ("usr/bin/c++", &["g++"]),
    ("usr/bin/cc", &["gcc"]),
    ("usr/bin/editor", &["vim.basic", "vim.tiny"]),
    ("usr/bin/emacs", &["emacs-nox"]),
    ("usr/bin/lua", &["lua5.4"]),
    ("usr/bin/nc", &["nc.openbsd"]),
    ("usr/bin/pager", &["less", "more"]),
    ("usr/bin/php", &["php8.2", "php8.4"]),
    ("usr/bin/sh", &["dash", "busybox"]),
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
    let (tests, packages): (Vec<_>, Vec<_>) =
        packages.iter().cloned().partition(|package| package == PYTHON_TESTS);
    let mut all = apt.closure(&packages)?;
    if !tests.is_empty() {
        all.extend(python_tests(&all));
    }
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

/// The package with the tests of the Python among `packages`.
fn python_tests(packages: &[String]) -> Option<String> {
    let is_version = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut names = packages.iter();
    let python = names.find(|name| name.strip_prefix("python3.").is_some_and(is_version))?;
    Some(format!("lib{python}-testsuite"))
}

/// The tree that the tests run, with Python's own tests.
pub fn fetch() -> Result<PathBuf> {
    fetch_tree("debian", &[DEBIAN, &[PYTHON_TESTS]])
}

/// The large tree, of the suite `software`.
pub fn fetch_software() -> Result<PathBuf> {
    fetch_tree("software", &[DEBIAN, SOFTWARE])
}

/// A tree with musl and [`WHEELS`] in its `/usr/bin`; nothing where the host's Python has no pip.
pub fn fetch_wheels() -> Result<Option<PathBuf>> {
    let pip = ["-m", "pip", "--disable-pip-version-check"];
    if quietly(Command::new("python3").args(pip).arg("--version")).is_err() {
        return Ok(None);
    }
    let tree = fetch_tree("wheels", &[MUSL])?;
    let (list, wanted) = (tree.join("wheels"), WHEELS.join(" "));
    if fs::read_to_string(&list).is_ok_and(|fetched| fetched == wanted) {
        return Ok(Some(tree));
    }
    let scratch = tree.join("tmp/wheels");
    fs::create_dir_all(&scratch)?;
    let mut download = Command::new("python3");
    download.args(pip).args(["download", "-q", "--no-deps", "--only-binary=:all:", "--dest"]);
    download.arg(&scratch).args(["--platform", "musllinux_1_2_aarch64"]).args(WHEELS);
    quietly(&mut download)?;
    for wheel in fs::read_dir(&scratch)? {
        let mut unzip = Command::new("python3");
        unzip.args(["-m", "zipfile", "-e"]).arg(wheel?.path()).arg(&scratch);
        quietly(&mut unzip)?;
    }
    for entry in fs::read_dir(&scratch)? {
        let Ok(scripts) = fs::read_dir(entry?.path().join("scripts")) else { continue };
        for script in scripts {
            let script = script?;
            let program = tree.join("usr/bin").join(script.file_name());
            fs::rename(script.path(), &program)?;
            fs::set_permissions(program, Permissions::from_mode(0o755))?;
        }
    }
    fs::remove_dir_all(scratch)?;
    fs::write(list, wanted)?;
    Ok(Some(tree))
}

/// The tree `fixtures/NAME`: made when it is missing or its list of packages has changed.
fn fetch_tree(name: &str, packages: &[&[&str]]) -> Result<PathBuf> {
    let fixtures = workspace::root().join("fixtures");
    let (dir, list) = (fixtures.join(name), fixtures.join(format!("{name}.packages")));
    let packages: Vec<String> = packages.concat().iter().map(|&name| name.to_owned()).collect();
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
