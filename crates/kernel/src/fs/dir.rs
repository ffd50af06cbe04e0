//! Directories and names: getdents64(2), mkdirat(2), unlinkat(2), linkat(2), renameat2(2),
//! getcwd(2), chdir(2) and relatives.

use std::ffi::CString;
use std::os::fd::AsFd;

use abi::Errno;
use abi::fs::{AT_FDCWD, PATH_MAX, access, at, s};
use host::fs::Dir;
use mem::UserSlice;

use super::root::path_of;
use super::{Last, Subject, folding, procfs};
use crate::Task;
use crate::process::credentials::Capability;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Fd, Flags, Mode, OutBuf, Path};

/// getdents64(2).
pub fn getdents64(t: &mut Task, fd: Fd, buf: OutBuf, count: u32) -> SysResult {
    let file = t.file(fd)?;
    if let Some(listing) = file.listing() {
        let open = t.fds().open_in(0, u32::MAX);
        let mut listing = listing.lock();
        listing.begin(&open);
        let entries = listing.next(count as usize)?;
        drop(listing);
        UserSlice::new(buf.0, entries.len() as u64).write_from(t.space(), &entries)?;
        return Ok(entries.len() as u64);
    }
    let to = UserSlice::new(buf.0, u64::from(count)).as_dst(t.space())?;
    let filled = host::fs::getdents64(file.host(), to)? as u64;
    let owners = t.process.ownership().filter(|owners| owners.has_nodes());
    let root = t.root();
    let renames = root.folds() && root.below(&path_of(file.host())?).is_some();
    if owners.is_none() && !renames {
        return Ok(filled);
    }
    let device = host::fs::fstat(file.host())?.dev;
    let mut entries = UserSlice::new(buf.0, filled).read_to_vec(t.space(), filled as usize)?;
    each_record(&mut entries, |inode, kind, name| {
        if owners.is_some_and(|owners| owners.is_node(device, inode)) {
            *kind = DT_UNKNOWN;
        }
        if renames {
            folding::show(name);
        }
    });
    UserSlice::new(buf.0, filled).write_from(t.space(), &entries)?;
    Ok(filled)
}

/// `d_type` of files that are not what they are on the host: for stat(2) to tell.
const DT_UNKNOWN: u8 = 0;

/// Calls `change` with the inode, the type and the name, zeros behind it, of each `struct linux_dirent64`.
fn each_record(entries: &mut [u8], mut change: impl FnMut(u64, &mut u8, &mut [u8])) {
    /// Where a record has its length, its type and its name.
    const LENGTH: usize = 16;
    const TYPE: usize = 18;
    const NAME: usize = 19;
    let mut rest = entries;
    while rest.len() > NAME {
        let length = usize::from(u16::from_le_bytes([rest[LENGTH], rest[LENGTH + 1]]));
        if length <= NAME || length > rest.len() {
            return;
        }
        let (record, others) = rest.split_at_mut(length);
        let inode = u64::from_le_bytes(std::array::from_fn(|i| record[i]));
        let (head, name) = record.split_at_mut(NAME);
        change(inode, &mut head[TYPE], name);
        rest = others;
    }
}

/// mkdirat(2).
pub fn mkdirat(t: &mut Task, dir: DirFd, path: Path, mode: Mode) -> SysResult {
    let at = t.at(dir, path, Last::Name)?;
    t.check_make(&at)?;
    host::fs::mkdirat(at.dir(), at.path(), mode.0)?;
    t.made(&at).map(|()| 0)
}

/// mknodat(2).
pub fn mknodat(t: &mut Task, dir: DirFd, path: Path, mode: Mode, dev: u32) -> SysResult {
    let at = t.at(dir, path, Last::Name)?;
    t.check_make(&at)?;
    if let Some(result) = t.make_node(&at, mode.0, dev) {
        return result.map(|()| 0);
    }
    host::fs::mknodat(at.dir(), at.path(), mode.0, u64::from(dev))?;
    t.made(&at).map(|()| 0)
}

/// unlinkat(2).
pub fn unlinkat(t: &mut Task, dir: DirFd, path: Path, flags: Flags) -> SysResult {
    if flags.0 & !at::REMOVEDIR != 0 {
        return Err(Errno::EINVAL);
    }
    let at = t.at(dir, path, Last::Name)?;
    t.check_remove(&at)?;
    let removed = t.removing(&at);
    host::fs::unlinkat(at.dir(), at.path(), flags.0)?;
    t.removed(removed).map(|()| 0)
}

/// symlinkat(2).
pub fn symlinkat(t: &mut Task, target: Path, dir: DirFd, path: Path) -> SysResult {
    let target = t.read_path(target.0)?;
    let at = t.at(dir, path, Last::Name)?;
    t.check_make(&at)?;
    host::fs::symlinkat(&target, at.dir(), at.path())?;
    t.made(&at).map(|()| 0)
}

/// linkat(2).
pub fn linkat(
    t: &mut Task,
    old_dir: DirFd,
    old: Path,
    new_dir: DirFd,
    new: Path,
    flags: Flags,
) -> SysResult {
    if flags.0 & !(at::SYMLINK_FOLLOW | at::EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let follow = flags.0 & at::SYMLINK_FOLLOW != 0;
    let nofollow = if follow { 0 } else { at::SYMLINK_NOFOLLOW };
    let old = t.at_flags(old_dir, old, flags.0 & at::EMPTY_PATH | nofollow)?;
    let new = t.at(new_dir, new, Last::Name)?;
    t.check_make(&new)?;
    let flags = if old.is_resolved() { 0 } else { flags.0 };
    host::fs::linkat(old.dir(), old.path(), new.dir(), new.path(), flags).map(|()| 0)
}

/// renameat(2).
pub fn renameat(t: &mut Task, old_dir: DirFd, old: Path, new_dir: DirFd, new: Path) -> SysResult {
    renameat2(t, old_dir, old, new_dir, new, Flags(0))
}

/// renameat2(2). The host checks the flags.
pub fn renameat2(
    t: &mut Task,
    old_dir: DirFd,
    old: Path,
    new_dir: DirFd,
    new: Path,
    flags: Flags,
) -> SysResult {
    let old = t.at(old_dir, old, Last::Name)?;
    let new = t.at(new_dir, new, Last::Name)?;
    t.check_remove(&old)?;
    t.check_remove(&new)?;
    // Exchanged, both are there afterwards.
    let removed = if flags.0 == 0 { t.removing(&new) } else { None };
    host::fs::renameat2(old.dir(), old.path(), new.dir(), new.path(), flags.0)?;
    // Where both were the same file, nothing has happened.
    let is_there = removed.is_some() && t.removing(&old).is_some();
    t.removed(removed.filter(|_| !is_there)).map(|()| 0)
}

/// getcwd(2): the length of the path with its NUL.
pub fn getcwd(t: &mut Task, buf: OutBuf, size: u64) -> SysResult {
    let mut path = [0; PATH_MAX];
    let len = host::fs::getcwd(&mut path[..])?;
    let mut path = t.root().shown(&path[..len.saturating_sub(1)]);
    path.push(0);
    if path.len() as u64 > size {
        return Err(Errno::ERANGE);
    }
    UserSlice::new(buf.0, path.len() as u64).write_from(t.space(), &path)?;
    Ok(path.len() as u64)
}

/// chdir(2).
pub fn chdir(t: &mut Task, path: Path) -> SysResult {
    t.change_directory(t.read_path(path.0)?).map(|()| 0)
}

impl Task {
    /// chdir(2) with a path that has been read.
    pub(crate) fn change_directory(&self, path: CString) -> Result<(), Errno> {
        let at = self.resolve(DirFd(AT_FDCWD), path, Last::Follow)?;
        self.check_access(Subject::at(&at, 0), access::X_OK).or_else(|refused| {
            // Unless it is not a directory, which is said first.
            at.open_dir().and(Err(refused))
        })?;
        if at.is_resolved() {
            host::fs::fchdir(at.open_dir()?.as_fd())?;
        } else {
            host::fs::chdir(&at.host_path()?)?;
        }
        // Below /proc there are no links to other directories that are not magic.
        self.fs.set_cwd_in_proc(at.in_proc || !at.is_resolved() && is_cwd_in_proc());
        Ok(())
    }
}

/// Whether the host's current directory is in `/proc` or `/sys`.
pub(crate) fn is_cwd_in_proc() -> bool {
    let mut path = [0; PATH_MAX];
    let len = host::fs::getcwd(&mut path[..]).unwrap_or(0);
    procfs::holds(&path[..len.saturating_sub(1)])
}

/// fchdir(2).
pub fn fchdir(t: &mut Task, fd: Fd) -> SysResult {
    let file = t.file(fd)?;
    if host::fs::fstat(file.host())?.mode & s::IFMT != s::IFDIR {
        return Err(Errno::ENOTDIR);
    }
    host::fs::fchdir(file.host())?;
    t.fs.set_cwd_in_proc(file.is_in_proc());
    Ok(0)
}

/// umount2(2). Mounts are the host's.
pub fn umount2(t: &mut Task, path: Path, flags: Flags) -> SysResult {
    let at = t.at(DirFd(AT_FDCWD), path, Last::Follow)?;
    host::fs::umount(&at.host_path()?, flags.0).map(|()| 0)
}

/// chroot(2). The host's root stays, because the runtime needs it; paths are resolved by us.
pub fn chroot(t: &mut Task, path: Path) -> SysResult {
    let at = t.at(DirFd(AT_FDCWD), path, Last::Follow)?;
    let dir = at.open_dir()?;
    host::fs::faccessat(Dir::Fd(dir.as_fd()), c".", access::X_OK, at::EACCESS)?;
    // CAP_SYS_CHROOT, which the host asks for itself only if it is called.
    let is_root = || host::process::getresuid()[1] == 0;
    if !t.can(Capability::SysChroot).unwrap_or_else(is_root) {
        return Err(Errno::EPERM);
    }
    let root = t.root();
    if !root.is_at(dir.as_fd())? {
        t.fs.set_root(root.chroot(dir)?);
    }
    Ok(0)
}
