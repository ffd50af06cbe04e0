//! openat(2), openat2(2) and memfd_create(2).

use std::os::fd::OwnedFd;

use abi::Errno;
use abi::aarch64::open::swap;
use abi::fs::{OpenHow, o};
use mem::{UserPtr, UserSlice, UserStr};

use super::procfs::Node;
use super::{At, File};
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
    let at = t.at(dir, path, flags & o::NOFOLLOW == 0)?;
    let file = match &at.own {
        Some(node) => open_own(t, &at, node, flags)?,
        None => File::new(host::fs::openat(at.dir(), at.path(), flags, mode.0)?),
    };
    t.install(file, flags & o::CLOEXEC != 0)
}

/// Opens something of ours; everything in `/proc` is there already and is not written.
fn open_own(t: &Task, at: &At, node: &Node, flags: u32) -> Result<File, Errno> {
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
            Ok(File::directory(host::fs::openat(at.dir(), at.path(), flags, 0)?, listing(t)))
        }
        Node::Content(_) if flags & o::PATH != 0 => {
            Ok(File::new(host::fs::openat(at.dir(), at.path(), flags, 0)?))
        }
        Node::Content(_) if flags & o::ACCMODE != o::RDONLY => Err(Errno::EACCES),
        Node::Content(content) => Ok(File::new(snapshot(&content(t))?)),
    }
}

/// A read-only file with this content.
fn snapshot(content: &[u8]) -> Result<OwnedFd, Errno> {
    use std::os::fd::AsFd;
    let file = host::fs::memfd_create(c"proc", 0)?;
    let mut rest = content;
    while !rest.is_empty() {
        let written =
            host::io::pwrite(file.as_fd(), rest.into(), (content.len() - rest.len()) as i64)?;
        rest = &rest[written..];
    }
    Ok(file)
}

impl Task {
    /// Gives a file the lowest free descriptor.
    pub(crate) fn install(&self, file: File, close_on_exec: bool) -> SysResult {
        self.process.fds_mut().insert(file, 0, close_on_exec).map(|fd| fd as u64)
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
    let follow = flags & u64::from(o::NOFOLLOW) == 0;
    let path = t.read_path(path.0)?;
    let how = OpenHow { flags, ..given };
    // Rules about where a path may lead are the host's to enforce, from the same directory.
    let at =
        if how.resolve == 0 { t.resolve(dir, path, follow)? } else { t.unresolved(dir, path)? };
    let file = match &at.own {
        Some(node) => open_own(t, &at, node, flags as u32)?,
        None => File::new(host::fs::openat2(at.dir(), at.path(), how)?),
    };
    t.install(file, flags & u64::from(o::CLOEXEC) != 0)
}

/// The longest name of a memfd, without its NUL (`MFD_NAME_MAX_LEN`).
const MEMFD_NAME_MAX: usize = 249;
const MFD_CLOEXEC: u32 = 1;

/// memfd_create(2). The host checks the other flags.
pub fn memfd_create(t: &mut Task, name: UserStr, flags: Flags) -> SysResult {
    let name = name.read(t.space(), MEMFD_NAME_MAX + 1).map_err(|errno| match errno {
        Errno::ENAMETOOLONG => Errno::EINVAL,
        other => other,
    })?;
    let file = File::new(host::fs::memfd_create(&name, flags.0)?);
    t.install(file, flags.0 & MFD_CLOEXEC != 0)
}
