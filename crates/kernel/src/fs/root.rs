//! Where a guest's absolute paths begin: at the host's root, in a sysroot, or where chroot(2) put
//! them.
//!
//! A sysroot is a directory with a distribution for the guest's processor. Its files stand before
//! the host's: a path is looked up there first, and on the host if it is missing, so that a guest
//! works on its user's files as any program does. Two kinds of directories are not shared.
//! The system directories ([`SYSTEM`]) are the sysroot's alone if it has them: a library of the
//! host must not turn up where the guest's is missing. Those of the kernel ([`KERNEL`]) are the
//! host's alone. A directory made by chroot(2) shares nothing.
//!
//! Rejected: mounting a union, and a real chroot(2), which both need rights; and looking on the
//! host for everything that is missing (`qemu-user -L`), which mixes the files of two machines.

use std::borrow::Cow;
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::PATH_MAX;
use host::fs::Dir;
use host::handoff::{Inherited, Luggage};
use serde::{Deserialize, Serialize};

use crate::handoff::Handover;

use super::folding;

/// Top-level directories that belong to a sysroot that has them.
const SYSTEM: [&[u8]; 10] =
    [b"bin", b"boot", b"etc", b"lib", b"lib32", b"lib64", b"run", b"sbin", b"usr", b"var"];

/// What in system directories is the machine's where a sysroot has none: files that say how to reach the
/// network, which container engines put into every container, and where services listen that are
/// for all programs of a user.
const MACHINE: [&[u8]; 8] = [
    b"/etc/hostname",
    b"/etc/hosts",
    b"/etc/resolv.conf",
    b"/run/NetworkManager",
    b"/run/dbus",
    b"/run/resolvconf",
    b"/run/systemd/resolve",
    b"/run/user",
];

/// Top-level directories that are the host's, or [`super::procfs`]'s.
const KERNEL: [&[u8]; 3] = [b"dev", b"proc", b"sys"];

/// The root directory of a guest process.
#[derive(Debug)]
pub struct Root {
    kind: Kind,
    /// The directory, unless it is the host's root.
    dir: Option<OwnedFd>,
    /// Its path on the host; empty for the host's root.
    path: Vec<u8>,
    /// For a chroot in a sysroot: the path of that, which is as far up as anything leads.
    top: Vec<u8>,
    /// Whether the volume confuses names, so that they are [stored differently](folding).
    folds: bool,
}

/// [`Root`] on its way to another host process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    kind: Kind,
    dir: Option<i32>,
    path: Vec<u8>,
    top: Vec<u8>,
    folds: bool,
}

impl Handover for Root {
    type Record = Record;

    fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self { kind, dir, path, top, folds } = self;
        let dir = match dir {
            Some(dir) => Some(luggage.add(host::fs::dup(dir.as_fd())?)),
            None => None,
        };
        Ok(Record { kind: *kind, dir, path: path.clone(), top: top.clone(), folds: *folds })
    }

    fn resume(record: Record, inherited: &mut Inherited) -> Result<Self, Errno> {
        let Record { kind, dir, path, top, folds } = record;
        let dir = dir.map(|number| inherited.take(number)).transpose()?;
        if dir.is_some() == (kind == Kind::Host) {
            return Err(Errno::EINVAL);
        }
        Ok(Self { kind, dir, path, top, folds })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Host,
    Sysroot,
    Chroot,
}

impl Root {
    /// The host's root.
    pub fn host() -> Self {
        Self { kind: Kind::Host, dir: None, path: Vec::new(), top: Vec::new(), folds: false }
    }

    /// A sysroot: a directory of the host.
    pub fn sysroot(path: &CStr) -> Result<Self, Errno> {
        let dir = host::fs::open_dir(Dir::Cwd, path, true)?;
        let folds = host::fs::ignores_case(dir.as_fd());
        Ok(Self { folds, ..Self::at(Kind::Sysroot, dir, None)? })
    }

    /// What chroot(2) makes the root.
    pub(super) fn chroot(&self, dir: OwnedFd) -> Result<Self, Errno> {
        let top = if self.is_sysroot() { &self.path } else { &self.top };
        Ok(Self { folds: self.folds, ..Self::at(Kind::Chroot, dir, Some(top))? })
    }

    fn at(kind: Kind, dir: OwnedFd, top: Option<&[u8]>) -> Result<Self, Errno> {
        let path = path_of(dir.as_fd())?;
        let top = top.unwrap_or_default().to_vec();
        Ok(if path == b"/" {
            Self::host()
        } else {
            Self { kind, dir: Some(dir), path, top, folds: false }
        })
    }

    /// Whether a directory outside of the root is as far up as the guest gets.
    pub(super) fn is_top(&self, host: &[u8]) -> bool {
        !self.top.is_empty() && self.top == host
    }

    /// Makes the root the current directory where that is the host's root, which no guest sees.
    pub(crate) fn enter(&self) -> Result<(), Errno> {
        let mut path = [0; PATH_MAX];
        match &self.dir {
            Some(dir) if host::fs::getcwd(&mut path[..]) == Ok(c"/".to_bytes_with_nul().len()) => {
                host::fs::fchdir(dir.as_fd())
            }
            _ => Ok(()),
        }
    }

    /// Whether a directory is this root.
    pub(super) fn is_at(&self, dir: BorrowedFd<'_>) -> Result<bool, Errno> {
        let path = path_of(dir)?;
        Ok(if self.is_host() { path == b"/" } else { path == self.path })
    }

    /// The directory once more, by a descriptor that can be kept; `None` for the host's root.
    pub(crate) fn duplicate(&self) -> Result<Option<OwnedFd>, Errno> {
        self.dir.as_ref().map(|dir| host::fs::dup(dir.as_fd())).transpose()
    }

    /// The directory; `None` for the host's root.
    pub(super) fn dir(&self) -> Option<Dir<'_>> {
        self.dir.as_ref().map(|dir| Dir::Fd(dir.as_fd()))
    }

    /// The host's descriptor that is kept open.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.dir.as_ref().map(OwnedFd::as_fd)
    }

    /// Whether this is the host's root, so that the host's paths are the guest's.
    pub(crate) fn is_host(&self) -> bool {
        self.kind == Kind::Host
    }

    /// A sysroot at a path, without the directory.
    #[cfg(test)]
    pub(super) fn for_test(path: &[u8]) -> Self {
        Self { kind: Kind::Sysroot, path: path.to_vec(), ..Self::host() }
    }

    /// Whether the root is a directory of the host or below it.
    pub(super) fn is_on(&self, point: &[u8]) -> bool {
        let rest = if point == b"/" { Some(&self.path[..]) } else { self.path.strip_prefix(point) };
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }

    /// Whether a path that is missing may be there on the host.
    pub(super) fn is_sysroot(&self) -> bool {
        self.kind == Kind::Sysroot
    }

    /// Whether names below the root are [stored differently](folding).
    pub(super) fn folds(&self) -> bool {
        self.folds
    }

    /// Whether the guest sees the directories of the kernel.
    pub(super) fn has_kernel_dirs(&self) -> bool {
        self.kind != Kind::Chroot
    }

    /// The guest's path for a path of the host below the root; `None` for one outside.
    pub(super) fn below<'a>(&self, host: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match host.strip_prefix(&self.path[..])? {
            b"" => Some(Cow::Borrowed(b"/")),
            rest if !rest.starts_with(b"/") => None,
            rest if self.folds => Some(Cow::Owned(folding::shown_path(rest))),
            rest => Some(Cow::Borrowed(rest)),
        }
    }

    /// How the guest sees a path of the host: as Linux shows what is outside of a root, too.
    pub(crate) fn shown(&self, host: &[u8]) -> Vec<u8> {
        match self.below(host) {
            Some(path) => path.into_owned(),
            None if self.kind == Kind::Chroot && host.starts_with(b"/") => {
                [b"(unreachable)", host].concat()
            }
            None => host.to_vec(),
        }
    }
}

/// Whether a path is in a system directory.
pub(super) fn is_system(path: &[u8]) -> bool {
    // Those themselves, what is below, and the way there behind the system directory.
    let is_near = |place: &&[u8]| names(path).zip(names(place)).all(|(a, b)| a == b);
    SYSTEM.contains(&first(path)) && (names(path).count() < 2 || !MACHINE.iter().any(is_near))
}

/// Whether the first name of a path, absolute or not, is a directory of the kernel.
pub(super) fn is_kernel(path: &[u8]) -> bool {
    KERNEL.contains(&first(path))
}

/// The names in a path.
fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b"."))
}

/// The first name of a path.
pub(super) fn first(path: &[u8]) -> &[u8] {
    names(path).next().unwrap_or_default()
}

/// The host's path of an open file.
pub(super) fn path_of(fd: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    let mut path = [0; PATH_MAX];
    let len = host::fs::path_of(fd, &mut path[..])?;
    Ok(path[..len].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_a_root_are_the_guests() {
        let root = Root::for_test(b"/srv/tree");
        assert_eq!(root.below(b"/srv/tree").as_deref(), Some(&b"/"[..]));
        assert_eq!(root.below(b"/srv/tree/etc/x").as_deref(), Some(&b"/etc/x"[..]));
        assert_eq!(root.below(b"/srv/trees/x"), None);
        assert_eq!(root.shown(b"/srv/trees/x"), b"/srv/trees/x");
        assert_eq!(root.shown(b"pipe:[7]"), b"pipe:[7]");
        let root = Root { folds: true, ..root };
        assert_eq!(root.shown(b"/srv/tree/^x11/^4f^32"), b"/X11/\xcf\xb2");
        let root = Root { kind: Kind::Chroot, ..root };
        assert_eq!(root.shown(b"/srv/trees/x"), b"(unreachable)/srv/trees/x");
        assert_eq!(Root::host().shown(b"/srv/trees/x"), b"/srv/trees/x");
    }

    #[test]
    fn system_directories_are_found_by_their_first_name() {
        assert!(
            is_system(b"/usr/lib/x") && is_system(b"//./etc") && is_system(b"/etc/hosts.allow")
        );
        assert!(is_system(b"/run") && is_system(b"/run/adduser") && is_system(b"/run/users"));
        assert!(!is_system(b"/run/user/7/x") && !is_system(b"/run/systemd"));
        assert!(is_system(b"/run/systemd/notify"));
        assert!(!is_system(b"/mnt/usr") && !is_system(b"/etc/hosts") && !is_system(b"/"));
        assert!(is_kernel(b"/proc/self") && is_kernel(b"./dev") && !is_kernel(b"/process"));
    }
}
