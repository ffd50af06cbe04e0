//! openat(2), openat2(2) and memfd_create(2).

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use abi::Errno;
use abi::aarch64::open::swap;
use abi::fs::{OpenHow, o, s};
use host::fs::Dir;
use mem::{UserPtr, UserSlice, UserStr};

use super::procfs::Node;
use super::{At, File, Last, content, rules};
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Flags, Mode, OpenFlags, Path};

/// Flags that openat2(2) accepts (`VALID_OPEN_FLAGS`).
const VALID_OPEN: u64 = (o::ACCMODE
    | o::CREAT
    | o::EXCL
    | o::NOCTTY
    | o::TRUNC
    | o::APPEND
    | o::NONBLOCK
    | o::SYNC
    | o::ASYNC
    | o::DIRECT
    | o::LARGEFILE
    | o::DIRECTORY
    | o::NOFOLLOW
    | o::NOATIME
    | o::CLOEXEC
    | o::PATH
    | o::TMPFILE) as u64;

/// openat(2).
pub fn openat(t: &mut Task, dir: DirFd, path: Path, flags: OpenFlags, mode: Mode) -> SysResult {
    let flags = swap(flags.0);
    let path = t.read_path(path.0)?;
    t.fds().has_room()?;
    let file = t.open(dir, path, flags, mode.0)?;
    t.install(file, flags & o::CLOEXEC != 0)
}

/// How often a link that comes in between is resolved anew.
const TRIES: u32 = 3;

impl Task {
    /// Opens a file.
    pub(crate) fn open(
        &self,
        dir: DirFd,
        path: CString,
        flags: u32,
        mode: u32,
    ) -> Result<File, Errno> {
        if let Some(file) = self.open_quickly(dir, &path, flags, mode) {
            return self.device_of(file?, flags).map(File::new);
        }
        let mut result = Err(Errno::ELOOP);
        for _ in 0..TRIES {
            let at = self.resolve(dir, path.clone(), last(flags))?;
            result = open_at(&at, flags, |flags| {
                self.open_file(&at, flags, |flags| {
                    host::fs::openat(at.dir(), at.path(), flags, mode)
                })
            });
            let raced = at.is_resolved() && flags & o::NOFOLLOW == 0;
            if !raced || !matches!(result, Err(Errno::ELOOP)) {
                break;
            }
        }
        result
    }
}

impl Task {
    /// Opens the host's file at a path with `open`, and sees to whose it is if it is new.
    fn open_file(
        &self,
        at: &At,
        flags: u32,
        open: impl Fn(u32) -> Result<OwnedFd, Errno>,
    ) -> Result<OwnedFd, Errno> {
        if self.process.ownership().is_none() {
            return open(flags);
        }
        self.check_open(at, flags)?;
        if flags & o::TMPFILE == o::TMPFILE {
            let file = open(flags)?;
            self.made_in(at, &file)?;
            return Ok(file);
        }
        if flags & o::CREAT != 0 {
            match open(flags | o::EXCL) {
                Err(Errno::EEXIST) if flags & o::EXCL == 0 => {}
                result => {
                    let file = result?;
                    self.made(at)?;
                    return Ok(file);
                }
            }
        }
        self.device_of(open(flags)?, flags)
    }

    /// A file, or the device that it is remembered as: one of the few that are the same everywhere
    /// (`Documentation/admin-guide/devices.txt`); of others there is no driver (`ENXIO`).
    fn device_of(&self, file: OwnedFd, flags: u32) -> Result<OwnedFd, Errno> {
        let node = if flags & o::PATH != 0 { None } else { self.node(file.as_fd()) };
        let path = match node {
            None => return Ok(file),
            Some((s::IFCHR, 0x103)) => c"/dev/null",
            Some((s::IFCHR, 0x105)) => c"/dev/zero",
            Some((s::IFCHR, 0x107)) => c"/dev/full",
            Some((s::IFCHR, 0x108)) => c"/dev/random",
            Some((s::IFCHR, 0x109)) => c"/dev/urandom",
            Some((s::IFCHR, 0x500)) => c"/dev/tty",
            Some(_) => return Err(Errno::ENXIO),
        };
        host::fs::openat(Dir::Cwd, path, flags & !(o::CREAT | o::EXCL | o::NOFOLLOW), 0)
    }
}

/// What opening does with the last name. One that must be new is no link.
fn last(flags: u32) -> Last {
    match flags & (o::CREAT | o::EXCL | o::NOFOLLOW) {
        flags if flags & (o::CREAT | o::EXCL) == o::CREAT | o::EXCL => Last::Name,
        flags if flags & o::NOFOLLOW != 0 => Last::NoFollow,
        flags if flags & o::CREAT != 0 => Last::Make,
        _ => Last::Follow,
    }
}

/// Opens what a path leads to; `open` opens the host's file there with these flags.
fn open_at(
    at: &At,
    flags: u32,
    open: impl FnOnce(u32) -> Result<OwnedFd, Errno>,
) -> Result<File, Errno> {
    match &at.own {
        Some(node) => open_own(at, node, flags),
        None if at.in_proc => open(at.open_flags(flags)).map(File::in_proc),
        None => open(at.open_flags(flags)).map(File::new),
    }
}

/// Opens something of ours; everything in `/proc` is there already and is not written.
fn open_own(at: &At, node: &Node, flags: u32) -> Result<File, Errno> {
    if flags & (o::CREAT | o::EXCL) == o::CREAT | o::EXCL {
        return Err(Errno::EEXIST);
    }
    let is_directory = matches!(node, Node::Directory(_));
    if flags & o::DIRECTORY != 0 && !is_directory {
        return Err(Errno::ENOTDIR);
    }
    match node {
        // Only with O_NOFOLLOW: the link itself, as O_PATH allows.
        Node::Link(_) if flags & o::PATH == 0 => Err(Errno::ELOOP),
        Node::Link(_) | Node::Alias(_) => {
            Ok(File::new(host::fs::openat(at.dir(), at.path(), flags, 0)?))
        }
        Node::Directory(_) if flags & o::ACCMODE != 0 => Err(Errno::EISDIR),
        Node::Directory(listing) => {
            Ok(File::directory(host::fs::openat(at.dir(), at.path(), flags, 0)?, listing.clone()))
        }
        Node::Content(_) | Node::Other(..) | Node::Refused if flags & o::PATH != 0 => {
            Ok(File::new(host::fs::openat(at.dir(), at.path(), flags, 0)?))
        }
        Node::Refused => Err(Errno::EACCES),
        Node::Content(_) | Node::Other(..) if flags & o::ACCMODE != o::RDONLY => Err(Errno::EACCES),
        Node::Content(_) | Node::Other(..) => content::open(at),
    }
}

impl Task {
    /// Gives a file the lowest free descriptor.
    pub(crate) fn install(&self, file: File, close_on_exec: bool) -> SysResult {
        self.fds_mut().insert(file, 0, close_on_exec).map(|fd| fd as u64)
    }
}

/// openat2(2).
pub fn openat2(
    t: &mut Task,
    dir: DirFd,
    path: Path,
    how: UserPtr<OpenHow>,
    size: usize,
) -> SysResult {
    if size < size_of::<OpenHow>() {
        return Err(Errno::EINVAL);
    }
    if size > 4096 {
        return Err(Errno::E2BIG);
    }
    // A newer, larger structure is fine as long as what we do not know of is zero.
    let rest = UserSlice::new(how.addr() + 24, size as u64 - 24);
    let given = how.read(t.space())?;
    if rest.read_to_vec(t.space(), size)?.iter().any(|&byte| byte != 0) {
        return Err(Errno::E2BIG);
    }
    let flags = given.flags & !0xffff_ffff | u64::from(swap(given.flags as u32));
    if flags & !VALID_OPEN != 0 {
        return Err(Errno::EINVAL);
    }
    rules::check(given.resolve)?;
    let path = t.read_path(path.0)?;
    t.fds().has_room()?;
    let how = OpenHow { flags, ..given };
    let narrow = flags as u32;
    let (at, resolve) = match how.resolve {
        0 => (t.resolve(dir, path, last(narrow))?, 0),
        rules => t.ruled(dir, path, rules, last(narrow))?,
    };
    let file = open_at(&at, narrow, |flags| {
        t.open_file(&at, flags, |flags| {
            let flags = how.flags & !u64::from(u32::MAX) | u64::from(flags);
            host::fs::openat2(at.dir(), at.path(), OpenHow { flags, resolve, ..how })
        })
    })?;
    t.install(file, flags & u64::from(o::CLOEXEC) != 0)
}

/// The longest name of a memfd, without its NUL (`MFD_NAME_MAX_LEN`).
const MEMFD_NAME_MAX: usize = 249;
const MFD_CLOEXEC: u32 = 1;

/// memfd_secret(2). The host checks the flags, and whether there is such memory.
pub fn memfd_secret(t: &mut Task, flags: Flags) -> SysResult {
    let file = File::new(host::fs::memfd_secret(flags.0)?);
    t.install(file, flags.0 & o::CLOEXEC != 0)
}

/// memfd_create(2). The host checks the other flags.
pub fn memfd_create(t: &mut Task, name: UserStr, flags: Flags) -> SysResult {
    let name = name.read(t.space(), MEMFD_NAME_MAX + 1).map_err(|errno| match errno {
        Errno::ENAMETOOLONG => Errno::EINVAL,
        other => other,
    })?;
    let file = File::new(host::fs::memfd_create(&name, flags.0)?);
    t.install(file, flags.0 & MFD_CLOEXEC != 0)
}
