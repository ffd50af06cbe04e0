//! stat(2), statx(2), statfs(2), readlink(2).

use std::os::fd::AsFd;

use abi::Errno;
use abi::fs::{AT_FDCWD, PATH_MAX, Stat, Statfs, Statx, at};
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
    let mut stat = host::fs::fstat(file.host())?;
    t.see(Subject::file(file.host()), &mut stat);
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
    let stat = match t.hold_quickly(dir, &path, flags.0) {
        Some(file) => {
            let mut stat = host::fs::fstat(file.as_fd())?;
            t.see(Subject::file(file.as_fd()), &mut stat);
            stat
        }
        None => {
            let at = t.resolve_flags(dir, path, flags.0)?;
            let mut stat = host::fs::fstatat(at.dir(), at.path(), at.flags(flags.0))?;
            t.see(Subject::at(&at, flags.0), &mut stat);
            stat
        }
    };
    to.write(t.space(), &stat)?;
    Ok(0)
}

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
    let stat = match t.hold_quickly(dir, &path, flags.0) {
        Some(file) => {
            let flags = flags.0 & !at::SYMLINK_NOFOLLOW | at::EMPTY_PATH;
            let mut stat = host::fs::statx(Dir::Fd(file.as_fd()), c"", flags, mask.0)?;
            t.see_statx(Subject::file(file.as_fd()), &mut stat);
            stat
        }
        None => {
            let at = t.resolve_flags(dir, path, flags.0)?;
            let mut stat = host::fs::statx(at.dir(), at.path(), at.flags(flags.0), mask.0)?;
            t.see_statx(Subject::at(&at, flags.0), &mut stat);
            stat
        }
    };
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
    to.write(t.space(), &host::fs::fstatfs(t.file(fd)?.host())?)?;
    Ok(0)
}

/// readlinkat(2). An empty path reads the link that the descriptor itself is.
pub fn readlinkat(t: &mut Task, dir: DirFd, path: Path, buf: OutBuf, size: i32) -> SysResult {
    if size <= 0 {
        return Err(Errno::EINVAL);
    }
    let at = t.at_flags(dir, path, at::EMPTY_PATH | at::SYMLINK_NOFOLLOW)?;
    let target = match &at.own {
        Some(Node::Link(link)) => link.as_bytes().to_vec(),
        _ => {
            let mut target = [0; PATH_MAX];
            let len = host::fs::readlinkat(at.dir(), at.path(), (&mut target[..]).into())?;
            // The links of /proc are the paths that the host has for files.
            match at.in_proc {
                true => t.process.root().shown(&target[..len]),
                false => target[..len].to_vec(),
            }
        }
    };
    let len = target.len().min(size as usize);
    UserSlice::new(buf.0, len as u64).write_from(t.space(), &target[..len])?;
    Ok(len as u64)
}
