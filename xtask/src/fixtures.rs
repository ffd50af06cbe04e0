//! `cargo xtask fixtures`: unmodified arm64 programs from Debian, and the host tools of the tests.
//!
//! The programs come through apt, which checks signatures, with the machine's own sources and
//! keyrings but with private state directories: the machine's package lists, foreign architectures
//! and installed packages stay as they are. Fetching `.deb` files by URL was rejected: versions
//! move with every point release, and apt knows the current one and verifies it.

use crate::{Result, workspace};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

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
        let apt = PrivateApt::new(&dir)?;
        // A third-party source without arm64 makes `update` fail although Debian's lists arrived,
        // so only the download decides.
        let updated = quietly(&mut apt.command("update"));
        for (package, file, name) in missing {
            let tree = apt.unpack(package).map_err(|error| match &updated {
                Ok(()) => error,
                Err(update) => format!("{error}\n{update}").into(),
            })?;
            // Renamed into place last: an interrupted fetch leaves nothing that looks complete.
            fs::rename(tree.join(file), dir.join(name))?;
        }
        fs::remove_dir_all(&apt.dir)?;
    }
    Ok(Fixtures { busybox: dir.join("busybox"), bash: dir.join("bash") })
}

/// apt with its own state, for arm64.
struct PrivateApt {
    dir: PathBuf,
}

impl PrivateApt {
    fn new(fixtures: &Path) -> Result<Self> {
        let dir = fixtures.join("apt");
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        for sub in ["state/lists/partial", "cache/archives/partial", "debs"] {
            fs::create_dir_all(dir.join(sub))?;
        }
        // An empty dpkg status: what is installed on the machine has no say here.
        fs::write(dir.join("status"), "")?;
        Ok(Self { dir })
    }

    fn command(&self, verb: &str) -> Command {
        let setting = |key: &str, value: &Path| {
            let mut setting = OsString::from(format!("{key}="));
            setting.push(value);
            setting
        };
        let mut apt = Command::new("apt-get");
        apt.current_dir(self.dir.join("debs")).arg("-q");
        for (key, sub) in
            [("Dir::State", "state"), ("Dir::State::status", "status"), ("Dir::Cache", "cache")]
        {
            apt.arg("-o").arg(setting(key, &self.dir.join(sub)));
        }
        apt.args(["-o", "APT::Architecture=arm64", "-o", "APT::Architectures::=arm64"]);
        // apt's unprivileged user cannot write below a home directory.
        apt.args(["-o", "APT::Sandbox::User=root", verb]);
        apt
    }

    /// Downloads and unpacks one package; returns the root of its tree.
    fn unpack(&self, package: &str) -> Result<PathBuf> {
        quietly(self.command("download").arg(package))?;
        let prefix = format!("{package}_");
        let deb = fs::read_dir(self.dir.join("debs"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
            })
            .ok_or_else(|| format!("apt downloaded no {prefix}*.deb"))?;
        let tree = self.dir.join(package);
        quietly(Command::new("dpkg-deb").arg("-x").arg(deb).arg(&tree))?;
        Ok(tree)
    }
}

/// Runs a command and shows its output only when it fails.
fn quietly(command: &mut Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let words: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    Err(format!(
        "`{} {}` failed ({}):\n{}{}",
        command.get_program().display(),
        words.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}
