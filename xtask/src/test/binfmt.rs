//! How a program is started on each side: under `qemu-aarch64`, or under elfuse.
//!
//! qemu-user does not redirect `execve`: a guest that starts another arm64 program needs the host
//! kernel to know qemu as the interpreter of such files. Since Linux 6.7 `binfmt_misc` belongs to a
//! user namespace, so a private namespace gets a registration of its own and the machine's stays as
//! it is. Both sides run in such a namespace, because it is visible to guests (identity, mounts),
//! but only qemu's has the registration: elfuse must follow `execve` by itself.

use super::process::{End, Program};
use std::ffi::OsString;
use std::path::Path;

/// Where Debian's `qemu-user` puts the oracle.
pub const QEMU: &str = "/usr/bin/qemu-aarch64";

/// Enters nothing new, registers `$1` for arm64 ELF files, and becomes the rest of its arguments.
/// Magic and mask are the ELF64 little-endian header with `e_type` EXEC or DYN and `e_machine` 183
/// (EM_AARCH64). F opens the interpreter now; P passes the guest's own argv\[0\].
pub const REGISTER: &str = r#"
/bin/mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc &&
printf %s ':arm64:M:0:\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$1"':FP' >/proc/sys/fs/binfmt_misc/register || exit 125
shift
exec "$@"
"#;

/// Enters private user and mount namespaces, as root.
pub const NAMESPACE: [&str; 5] = ["/usr/bin/unshare", "-U", "-r", "-m", "--"];

/// The user that root becomes where it must not be root (`nobody`).
pub const NOBODY: u32 = 65534;

/// What starts the guest programs of one side.
#[derive(Clone, Debug)]
pub struct Launcher {
    prefix: Vec<OsString>,
    /// Options of elfuse.
    options: Vec<OsString>,
    /// Variables for elfuse, which guests see, too.
    variables: Vec<(OsString, OsString)>,
    /// Whether a guest can start other arm64 programs.
    pub execs: bool,
    /// Whether this is elfuse and not qemu.
    ours: bool,
}

impl Launcher {
    /// The oracle.
    pub fn qemu() -> Self {
        Self::new(Path::new(QEMU))
    }

    /// The side that runs `emulator`: elfuse, or qemu in its place.
    pub fn new(emulator: &Path) -> Self {
        let needs_binfmt = emulator.file_name().is_some_and(|name| name == "qemu-aarch64");
        let registered = ["/bin/sh", "-c", REGISTER, "sh", QEMU];
        let mut candidates = vec![(NAMESPACE.to_vec(), !needs_binfmt), (vec![], !needs_binfmt)];
        if needs_binfmt {
            candidates.insert(0, ([&NAMESPACE[..], &registered[..]].concat(), true));
        }
        let (prefix, execs) = candidates
            .into_iter()
            .find(|(prefix, _)| works(prefix))
            .expect("the empty prefix always works");
        let mut prefix: Vec<OsString> = prefix.into_iter().map(OsString::from).collect();
        prefix.push(emulator.into());
        Self { prefix, options: vec![], variables: vec![], execs, ours: !needs_binfmt }
    }

    /// Without a namespace, for programs that nothing is compared with: root is root then. Leaves
    /// qemu where its registration is.
    pub fn plain(&self) -> Self {
        let mut plain = self.clone();
        if self.ours {
            plain.prefix.drain(..self.prefix.len() - 1);
        }
        plain
    }

    /// The same launcher with elfuse's `--strace`, which qemu does not have.
    pub fn tracing(&self) -> Option<Self> {
        self.with(&["--strace"])
    }

    /// The same launcher with other options of elfuse.
    pub fn with(&self, options: &[&str]) -> Option<Self> {
        let mut changed = self.ours.then(|| self.clone())?;
        changed.options.extend(options.iter().map(Into::into));
        Some(changed)
    }

    /// The same launcher with children that are processes of their own from the start, which qemu does not have.
    pub fn handing_over(&self) -> Option<Self> {
        let mut changed = self.ours.then(|| self.clone())?;
        changed.variables.push(("ELFUSE_FORK".into(), "spawn".into()));
        Some(changed)
    }

    /// The same launcher with elfuse's `--fakeroot`, which qemu does not have, as somebody who is not root.
    pub fn fakeroot(&self) -> Option<Self> {
        let mut fakeroot = self.ours.then(|| self.clone())?;
        if rustix::process::geteuid().is_root() {
            let user = NOBODY.to_string();
            let setpriv = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", "--"];
            fakeroot.prefix.splice(0..0, setpriv.map(OsString::from));
        }
        fakeroot.prefix.push("--fakeroot".into());
        Some(fakeroot)
    }

    /// What stands before the emulator, and the emulator: something that has to see the guest as the
    /// host does, such as a stop-watch, goes between the two.
    pub fn parts(&self) -> (&[OsString], &OsString) {
        let (emulator, namespace) = self.prefix.split_last().expect("it ends with the emulator");
        (namespace, emulator)
    }

    /// The program that runs `argv`, a guest command line, in `dir`.
    pub fn program<S: Into<OsString>>(
        &self,
        argv: impl IntoIterator<Item = S>,
        dir: &Path,
    ) -> Program {
        let prefix = self.prefix.iter().chain(&self.options).cloned();
        let mut program = Program::new(prefix.chain(argv.into_iter().map(Into::into)), dir);
        program.env.extend(self.variables.iter().cloned());
        program
    }
}

fn works(prefix: &[&str]) -> bool {
    let argv = prefix.iter().copied().chain(["/bin/true"]);
    Program::new(argv, Path::new("/")).run().is_ok_and(|run| run.end == End::Exited(0))
}
