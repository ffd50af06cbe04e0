//! Debian packages, unpacked but not installed.
//!
//! They come through apt, which checks signatures, with the machine's own sources and keyrings but
//! with private state directories: the machine's package lists, foreign architectures and
//! installed packages stay as they are. Fetching `.deb` files by URL was rejected: versions move
//! with every point release, and apt knows the current one and verifies it.

use crate::Result;
use crate::command::{output, quietly};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// apt with its own state, for one architecture.
pub struct PrivateApt {
    dir: PathBuf,
    architecture: &'static str,
    updated: Result<()>,
}

impl PrivateApt {
    /// Makes `dir`, which the caller removes at the end, and fetches the lists of packages.
    pub fn new(dir: PathBuf, architecture: &'static str) -> Result<Self> {
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        for sub in ["state/lists/partial", "cache/archives/partial", "debs"] {
            fs::create_dir_all(dir.join(sub))?;
        }
        // An empty dpkg status: what is installed on the machine has no say here.
        fs::write(dir.join("status"), "")?;
        let mut apt = Self { dir, architecture, updated: Ok(()) };
        // A third-party source without the architecture makes `update` fail although Debian's
        // lists arrived, so only the download decides.
        apt.updated = quietly(&mut apt.command("update"));
        Ok(apt)
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
        for key in ["APT::Architecture", "APT::Architectures::"] {
            apt.arg("-o").arg(format!("{key}={}", self.architecture));
        }
        // apt's unprivileged user cannot write below a home directory.
        apt.args(["-o", "APT::Sandbox::User=root", verb]);
        apt
    }

    /// Downloads one package and unpacks it into the directory `tree`, beside what is there.
    pub fn unpack(&self, package: &str, tree: &Path) -> Result<()> {
        quietly(self.command("download").arg(package)).map_err(|error| match &self.updated {
            Ok(()) => error,
            Err(update) => format!("{error}\n{update}").into(),
        })?;
        let prefix = format!("{package}_");
        let deb = fs::read_dir(self.dir.join("debs"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
            })
            .ok_or_else(|| format!("apt downloaded no {prefix}*.deb"))?;
        quietly(Command::new("dpkg-deb").arg("-x").arg(&deb).arg(tree))?;
        Ok(fs::remove_file(deb)?)
    }

    /// The packages that these need, themselves among them; nothing that is only recommended.
    pub fn closure(&self, packages: &[String]) -> Result<Vec<String>> {
        let mut command = self.command("install");
        command.args(["--simulate", "--no-install-recommends"]).args(packages);
        let plan = output(&mut command).map_err(|error| match &self.updated {
            Ok(()) => error,
            Err(update) => format!("{error}\n{update}").into(),
        })?;
        // `Inst NAME (VERSION SUITE [ARCHITECTURE])`
        let plan = String::from_utf8(plan.stdout)?;
        let names = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
        Ok(names.map(str::to_owned).collect())
    }

    /// Downloads packages, and unpacks them into `tree` without running any of their scripts.
    /// Directories that are symbolic links there stay links.
    pub fn unpack_all(&self, packages: &[String], tree: &Path) -> Result<()> {
        quietly(self.command("download").args(packages))?;
        let debs = self.dir.join("debs");
        let mut files: Vec<PathBuf> =
            fs::read_dir(&debs)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        // Directories have the modes of the first package that has them: make it always the same.
        files.sort();
        for deb in files {
            let mut reader = Command::new("dpkg-deb")
                .arg("--fsys-tarfile")
                .arg(&deb)
                .stdout(Stdio::piped())
                .spawn()?;
            let stream = reader.stdout.take().ok_or("dpkg-deb has no output")?;
            let tar = Command::new("tar")
                .args(["-x", "--keep-directory-symlink", "--exclude=./usr/share/doc/*"])
                .args(["--exclude=./usr/share/man/*", "--exclude=./usr/share/locale/*", "-C"])
                .arg(tree)
                .stdin(stream)
                .output()?;
            let read = reader.wait()?;
            if !tar.status.success() || !read.success() {
                let errors = String::from_utf8_lossy(&tar.stderr).into_owned();
                return Err(
                    format!("{}: {read}, tar: {}\n{errors}", deb.display(), tar.status).into()
                );
            }
            fs::remove_file(deb)?;
        }
        Ok(())
    }
}
