//! `cargo xtask fixtures`: unmodified arm64 programs from Debian, and the host tools of the tests.

use crate::apt::PrivateApt;
use crate::command::quietly;
use crate::{Result, workspace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The arm64 packages and the one file of each that is kept.
const PROGRAMS: [(&str, &str, &str); 2] =
    [("busybox-static", "bin/busybox", "busybox"), ("bash-static", "bin/bash-static", "bash")];

/// Host programs that the tests need: the file that shows a package is there, and the package.
const HOST_TOOLS: [(&str, &str); 5] = [
    ("/usr/bin/qemu-aarch64", "qemu-user"),
    ("/usr/bin/gcc", "gcc"),
    ("/usr/include/stdio.h", "libc6-dev"),
    ("/usr/bin/aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
    ("/usr/aarch64-linux-gnu/lib/libc.a", "libc6-dev-arm64-cross"),
];

/// The fetched programs.
#[derive(Clone, Debug)]
pub struct Fixtures {
    /// Debian's `busybox-static` for arm64.
    pub busybox: PathBuf,
    /// Debian's `bash-static` for arm64.
    pub bash: PathBuf,
}

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    if let Some(arg) = args.next()? {
        return Err(arg.unexpected().into());
    }
    install_host_tools()?;
    let fixtures = fetch()?;
    println!("busybox: {}\nbash: {}", fixtures.busybox.display(), fixtures.bash.display());
    Ok(ExitCode::SUCCESS)
}

/// Installs the missing host tools, or says what to type when that takes more rights.
pub fn install_host_tools() -> Result<()> {
    let missing: Vec<&str> = HOST_TOOLS
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|&(_, package)| package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !rustix::process::geteuid().is_root() {
        return Err(format!(
            "host tools are missing; install them with\n  \
             sudo apt-get update && sudo apt-get install --no-install-recommends {packages}"
        )
        .into());
    }
    println!("installing through apt: {packages}");
    let install = || {
        let mut apt = Command::new("apt-get");
        apt.args(["install", "-q", "-y", "--no-install-recommends"]).args(&missing);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    // The lists on the machine are often fresh enough; when not, refreshing them is the cure.
    if quietly(&mut install()).is_err() {
        quietly(Command::new("apt-get").args(["update", "-q"]))?;
        quietly(&mut install())?;
    }
    Ok(())
}

/// Fetches what is not there yet, and returns where it is.
pub fn fetch() -> Result<Fixtures> {
    let dir = workspace::root().join("fixtures");
    let missing: Vec<_> = PROGRAMS.iter().filter(|(_, _, name)| !dir.join(name).exists()).collect();
    if !missing.is_empty() {
        let packages: Vec<&str> = missing.iter().map(|(package, ..)| *package).collect();
        println!("fetching Debian's arm64 {} into {}", packages.join(" and "), dir.display());
        let scratch = dir.join("apt");
        let apt = PrivateApt::new(scratch.clone(), "arm64")?;
        for (package, file, name) in missing {
            let tree = scratch.join(package);
            apt.unpack(package, &tree)?;
            // Renamed into place last: an interrupted fetch leaves nothing that looks complete.
            fs::rename(tree.join(file), dir.join(name))?;
        }
        fs::remove_dir_all(scratch)?;
    }
    Ok(Fixtures { busybox: dir.join("busybox"), bash: dir.join("bash") })
}
