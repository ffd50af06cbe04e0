//! Permissions, owners, times: chmod(2), chown(2), access(2), utimensat(2), umask(2).

use std::os::fd::AsFd;

use abi::Errno;
use abi::fs::{Timespec, access, at, o};
use host::fs::Dir;
use mem::UserPtr;

use super::Subject;
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Fd, Flags, Mode, Path};

/// faccessat(2), which takes no flags.
pub fn faccessat(t: &mut Task, dir: DirFd, path: Path, mode: Mode) -> SysResult {
    faccessat2(t, dir, path, mode, Flags(0))
}

/// faccessat2(2).
pub fn faccessat2(t: &mut Task, dir: DirFd, path: Path, mode: Mode, flags: Flags) -> SysResult {
    let known = at::EACCESS | at::SYMLINK_NOFOLLOW | at::EMPTY_PATH;
    if mode.0 & !7 != 0 || flags.0 & !known != 0 {
        return Err(Errno::EINVAL);
    }
    let check = |subject| match flags.0 & at::EACCESS {
        0 => t.check_real_access(subject, mode.0),
        _ => t.check_access(subject, mode.0),
    };
    let path = t.read_path(path.0)?;
    if let Some(file) = t.hold_quickly(dir, &path, flags.0) {
        let file = file?;
        let held = flags.0 & at::EACCESS | at::EMPTY_PATH;
        host::fs::faccessat(Dir::Fd(file.as_fd()), c"", mode.0, held)?;
        return check(Subject::file(file.as_fd())).map(|()| 0);
    }
    let at = t.resolve_flags(dir, path, flags.0)?;
    host::fs::faccessat(at.dir(), at.path(), mode.0, at.flags(flags.0))?;
    check(Subject::at(&at, flags.0)).map(|()| 0)
}

/// umask(2).
pub fn umask(_: &mut Task, mask: Mode) -> SysResult {
    Ok(u64::from(host::fs::umask(mask.0 & 0o777)))
}

/// fchmod(2).
pub fn fchmod(t: &mut Task, fd: Fd, mode: Mode) -> SysResult {
    let file = t.file(fd)?;
    if file.is_content() {
        return host::fs::fchmodat(Dir::Fd(file.place()), c"", mode.0, at::EMPTY_PATH).map(|()| 0);
    }
    if file.access()? & o::PATH == 0
        && let Some(result) = t.chmod(Subject::file(file.host()), mode.0)
    {
        return result.map(|()| 0);
    }
    host::fs::fchmod(file.host(), mode.0).map(|()| 0)
}

/// fchmodat(2), which takes no flags.
pub fn fchmodat(t: &mut Task, dir: DirFd, path: Path, mode: Mode) -> SysResult {
    fchmodat2(t, dir, path, mode, Flags(0))
}

/// fchmodat2(2).
pub fn fchmodat2(t: &mut Task, dir: DirFd, path: Path, mode: Mode, flags: Flags) -> SysResult {
    if flags.0 & !(at::SYMLINK_NOFOLLOW | at::EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let at = t.at_flags(dir, path, flags.0)?;
    if !at.is_content()
        && let Some(result) = t.chmod(Subject::at(&at, flags.0), mode.0)
    {
        return result.map(|()| 0);
    }
    host::fs::fchmodat(at.dir(), at.path(), mode.0, at.flags(flags.0)).map(|()| 0)
}

/// fchown(2).
pub fn fchown(t: &mut Task, fd: Fd, uid: u32, gid: u32) -> SysResult {
    let file = t.file(fd)?;
    if file.is_content() {
        let place = Dir::Fd(file.place());
        return host::fs::fchownat(place, c"", uid, gid, at::EMPTY_PATH).map(|()| 0);
    }
    if file.access()? & o::PATH == 0
        && let Some(result) = t.chown(Subject::file(file.host()), uid, gid)
    {
        return result.map(|()| 0);
    }
    host::fs::fchown(file.host(), uid, gid).map(|()| 0)
}

/// fchownat(2).
pub fn fchownat(
    t: &mut Task,
    dir: DirFd,
    path: Path,
    uid: u32,
    gid: u32,
    flags: Flags,
) -> SysResult {
    if flags.0 & !(at::SYMLINK_NOFOLLOW | at::EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    let at = t.at_flags(dir, path, flags.0)?;
    if !at.is_content()
        && let Some(result) = t.chown(Subject::at(&at, flags.0), uid, gid)
    {
        return result.map(|()| 0);
    }
    host::fs::fchownat(at.dir(), at.path(), uid, gid, at.flags(flags.0)).map(|()| 0)
}

/// utimensat(2). A null path means the descriptor itself; null times mean now.
pub fn utimensat(
    t: &mut Task,
    dir: DirFd,
    path: Path,
    times: UserPtr<[Timespec; 2]>,
    flags: Flags,
) -> SysResult {
    let times = if times.is_null() { None } else { Some(times.read(t.space())?) };
    if times.is_some_and(|times| times.iter().all(|time| time.nsec == Timespec::OMIT)) {
        // Nothing else is even looked at.
        return Ok(0);
    }
    if flags.0 & !(at::SYMLINK_NOFOLLOW | at::EMPTY_PATH) != 0 {
        return Err(Errno::EINVAL);
    }
    if path.0.is_null() && dir.0 != abi::fs::AT_FDCWD {
        let file = t.file(Fd(dir.0))?;
        t.check_owner_for(Subject::file(file.host()), times.as_ref())?;
        let dir = host::fs::Dir::Fd(file.host());
        return host::fs::utimensat(dir, None, times.as_ref(), flags.0).map(|()| 0);
    }
    let at = t.at_flags(dir, path, flags.0)?;
    t.check_owner_for(Subject::at(&at, flags.0), times.as_ref())?;
    let flags = at.flags(flags.0);
    host::fs::utimensat(at.dir(), Some(at.path()), times.as_ref(), flags).map(|()| 0)
}

impl Task {
    /// Whether the guest may set these times: those of its own choice as the owner, the present one as whoever
    /// may write.
    fn check_owner_for(
        &self,
        subject: Subject<'_>,
        times: Option<&[Timespec; 2]>,
    ) -> Result<(), Errno> {
        match self.check_owner(subject) {
            Err(Errno::EPERM) if times.is_none() => self.check_access(subject, access::W_OK),
            result => result,
        }
    }
}
