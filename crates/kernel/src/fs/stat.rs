//! stat(2), statx(2), statfs(2), readlink(2).

use std::ffi::{CStr, CString};
use std::os::fd::AsFd;

use abi::Errno;
use abi::fs::{AT_FDCWD, PATH_MAX, Stat, Statfs, Statx, at, s};
use host::fs::Dir;
use mem::{UserPtr, UserSlice};

use super::procfs::Node;
use super::{Last, Subject};
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Fd, Flags, OutBuf, Path};

/// fstat(2).
pub fn fstat(t: &mut Task, fd: Fd, to: UserPtr<Stat>) -> SysResult {
    let file = t.file(fd)?;
    let mut stat = host::fs::fstat(file.place())?;
    t.see(Subject::file(file.place()), &mut stat);
    to.write(t.space(), &stat)?;
    Ok(0)
}

/// newfstatat(2).
pub fn newfstatat(
    t: &mut Task,
    dir: DirFd,
    path: Path,
    to: UserPtr<Stat>,
    flags: Flags,
) -> SysResult {
    let known = at::SYMLINK_NOFOLLOW | at::NO_AUTOMOUNT | at::EMPTY_PATH | at::STATX_SYNC_TYPE;
    if flags.0 & !known != 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.read_path(path.0)?;
    let read = host::fs::fstatat;
    let is_link = |stat: &Stat| stat.mode & s::IFMT == s::IFLNK;
    let stat = t.look_at(dir, path, flags.0, read, Task::see, is_link)?;
    to.write(t.space(), &stat)?;
    Ok(0)
}

impl Task {
    /// What `read` tells of the file that a path leads to, as `see` shows it to the guest.
    fn look_at<T>(
        &self,
        dir: DirFd,
        path: CString,
        flags: u32,
        read: impl Fn(Dir<'_>, &CStr, u32) -> Result<T, Errno>,
        see: impl Fn(&Self, Subject<'_>, &mut T),
        is_link: impl Fn(&T) -> bool,
    ) -> Result<T, Errno> {
        let nofollow = flags & at::SYMLINK_NOFOLLOW != 0;
        if let Some(base) = self.plain_name(dir, &path)
            && let Ok(mut found) = read(base.host(), &path, flags | at::SYMLINK_NOFOLLOW)
            && (nofollow || !is_link(&found))
        {
            see(self, Subject::name(base.host(), &path), &mut found);
            return Ok(found);
        }
        if let Some(file) = self.hold_quickly(dir, &path, flags) {
            let file = file?;
            let flags = flags & !at::SYMLINK_NOFOLLOW | at::EMPTY_PATH;
            let mut found = read(Dir::Fd(file.as_fd()), c"", flags)?;
            see(self, Subject::file(file.as_fd()), &mut found);
            return Ok(found);
        }
        let at = self.resolve_flags(dir, path, flags)?;
        let mut found = read(at.dir(), at.path(), at.flags(flags))?;
        see(self, Subject::at(&at, flags), &mut found);
        Ok(found)
    }
}

impl Task {
    /// What the symbolic link at a path says.
    pub(crate) fn link_at(&self, dir: DirFd, path: CString) -> Result<Vec<u8>, Errno> {
        let read = |dir: Dir<'_>, path: &CStr| {
            let mut target = [0; PATH_MAX];
            let len = host::fs::readlinkat(dir, path, (&mut target[..]).into())?;
            Ok(target[..len].to_vec())
        };
        let flags = at::EMPTY_PATH | at::SYMLINK_NOFOLLOW;
        if let Some(base) = self.plain_name(dir, &path)
            && let found @ (Ok(_) | Err(Errno::EINVAL)) = read(base.host(), &path)
        {
            return found;
        }
        if let Some(file) = self.hold_quickly(dir, &path, flags) {
            // Of an open file Linux says so that it is no link.
            let no_link = |error| if error == Errno::ENOENT { Errno::EINVAL } else { error };
            return read(Dir::Fd(file?.as_fd()), c"").map_err(no_link);
        }
        let at = self.resolve_flags(dir, path, flags)?;
        if let Some(Node::Link(link)) = &at.own {
            return Ok(link.as_bytes().to_vec());
        }
        let target = read(at.dir(), at.path())?;
        // The links of /proc are the paths that the host has for files.
        Ok(if at.in_proc { self.root().shown(&target) } else { target })
    }
}

/// `STATX_TYPE`: what kind of file it is, which we have to know in any case.
const STATX_TYPE: u32 = 1;

/// `STATX__RESERVED`: a bit that no caller may ask for.
const STATX_RESERVED: u32 = 1 << 31;

/// statx(2).
pub fn statx(
    t: &mut Task,
    dir: DirFd,
    path: Path,
    flags: Flags,
    mask: Flags,
    to: UserPtr<Statx>,
) -> SysResult {
    if mask.0 & STATX_RESERVED != 0 || flags.0 & at::STATX_SYNC_TYPE == at::STATX_SYNC_TYPE {
        return Err(Errno::EINVAL);
    }
    let path = t.read_path(path.0)?;
    let mask = mask.0 | STATX_TYPE;
    let read = |dir: Dir<'_>, path: &CStr, flags| host::fs::statx(dir, path, flags, mask);
    let is_link = |stat: &Statx| u32::from(stat.mode) & s::IFMT == s::IFLNK;
    let stat = t.look_at(dir, path, flags.0, read, Task::see_statx, is_link)?;
    to.write(t.space(), &stat)?;
    Ok(0)
}

/// statfs(2).
pub fn statfs(t: &mut Task, path: Path, to: UserPtr<Statfs>) -> SysResult {
    let at = t.at(DirFd(AT_FDCWD), path, Last::Follow)?;
    to.write(t.space(), &host::fs::statfs(at.pin()?.path())?)?;
    Ok(0)
}

/// fstatfs(2).
pub fn fstatfs(t: &mut Task, fd: Fd, to: UserPtr<Statfs>) -> SysResult {
    to.write(t.space(), &host::fs::fstatfs(t.file(fd)?.place())?)?;
    Ok(0)
}

/// readlinkat(2). An empty path reads the link that the descriptor itself is.
pub fn readlinkat(t: &mut Task, dir: DirFd, path: Path, buf: OutBuf, size: i32) -> SysResult {
    if size <= 0 {
        return Err(Errno::EINVAL);
    }
    let path = t.read_path(path.0)?;
    let target = t.link_at(dir, path)?;
    let len = target.len().min(size as usize);
    UserSlice::new(buf.0, len as u64).write_from(t.space(), &target[..len])?;
    Ok(len as u64)
}
