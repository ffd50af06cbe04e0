//! Descriptors: close(2), dup(2), fcntl(2), close_range(2), pipe2(2).

use abi::Errno;
use abi::aarch64::open::swap;
use abi::fs::{Flock, f, o};
use mem::UserPtr;

use super::{File, lock};
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags, OpenFlags};

/// close(2).
pub fn close(t: &mut Task, fd: Fd) -> SysResult {
    let file = t.fds_mut().remove(fd.0)?;
    // Outside the table's lock: closing may wait for the file system.
    drop(file);
    Ok(0)
}

/// dup(2).
pub fn dup(t: &mut Task, fd: Fd) -> SysResult {
    duplicate(t, fd, 0, false)
}

fn duplicate(t: &Task, fd: Fd, from: usize, close_on_exec: bool) -> SysResult {
    let copy = t.file(fd)?.duplicate()?;
    t.fds_mut().insert(copy, from, close_on_exec).map(|fd| fd as u64)
}

/// dup3(2).
pub fn dup3(t: &mut Task, old: Fd, new: Fd, flags: OpenFlags) -> SysResult {
    if flags.0 & !o::CLOEXEC != 0 || old.0 == new.0 {
        return Err(Errno::EINVAL);
    }
    if usize::try_from(new.0).map_or(true, |new| new >= t.fds().limit()) {
        return Err(Errno::EBADF);
    }
    let copy = t.file(old)?.duplicate()?;
    let replaced = t.fds_mut().replace(new.0, copy, flags.0 & o::CLOEXEC != 0)?;
    drop(replaced);
    Ok(new.0 as u64)
}

/// close_range(2) flags.
const CLOSE_RANGE_UNSHARE: u32 = 2;
const CLOSE_RANGE_CLOEXEC: u32 = 4;

/// close_range(2).
pub fn close_range(t: &mut Task, first: u32, last: u32, flags: Flags) -> SysResult {
    if flags.0 & !(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) != 0 || first > last {
        return Err(Errno::EINVAL);
    }
    if flags.0 & CLOSE_RANGE_UNSHARE != 0 {
        t.unshare_files();
    }
    let mut fds = t.fds_mut();
    let mut closed = Vec::new();
    for fd in fds.open_in(first, last) {
        if flags.0 & CLOSE_RANGE_CLOEXEC != 0 {
            fds.set_close_on_exec(fd, true)?;
        } else {
            closed.push(fds.remove(fd)?);
        }
    }
    drop(fds);
    drop(closed);
    Ok(0)
}

/// pipe2(2).
pub fn pipe2(t: &mut Task, ends: UserPtr<[i32; 2]>, flags: OpenFlags) -> SysResult {
    let flags = swap(flags.0);
    // O_NOTIFICATION_PIPE is O_EXCL.
    if flags & !(o::CLOEXEC | o::DIRECT | o::NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let (reader, writer) = host::io::pipe(flags)?;
    t.install_pair(File::new(reader), File::new(writer), flags & o::CLOEXEC != 0, ends)
}

impl Task {
    /// Opens two descriptors and hands their numbers to the guest; neither if one of the steps
    /// fails.
    pub(crate) fn install_pair(
        &self,
        one: File,
        other: File,
        close_on_exec: bool,
        to: UserPtr<[i32; 2]>,
    ) -> SysResult {
        let mut fds = self.fds_mut();
        let one = fds.insert(one, 0, close_on_exec)?;
        let other = fds.insert(other, 0, close_on_exec);
        let result: Result<i32, Errno> = other.and_then(|other| {
            to.write(self.space(), &[one, other]).inspect_err(|_| drop(fds.remove(other)))?;
            Ok(other)
        });
        if result.is_err() {
            fds.remove(one)?;
        }
        result.map(|_| 0)
    }
}

/// Commands that work on an `O_PATH` descriptor.
fn allowed_on_path(command: i32) -> bool {
    matches!(command, f::DUPFD | f::DUPFD_CLOEXEC | f::GETFD | f::SETFD | f::GETFL | f::DUPFD_QUERY)
}

/// fcntl(2).
pub fn fcntl(t: &mut Task, fd: Fd, command: i32, arg: u64) -> SysResult {
    let file = t.file(fd)?;
    match command {
        f::DUPFD | f::DUPFD_CLOEXEC => {
            let from = usize::try_from(arg as i32).map_err(|_| Errno::EINVAL)?;
            if from >= t.fds().limit() {
                return Err(Errno::EINVAL);
            }
            return duplicate(t, fd, from, command == f::DUPFD_CLOEXEC);
        }
        f::GETFD => return t.fds().close_on_exec(fd.0).map(u64::from),
        f::SETFD => {
            t.fds_mut().set_close_on_exec(fd.0, arg & f::FD_CLOEXEC != 0)?;
            return Ok(0);
        }
        f::GETFL => {
            let flags = host::fs::status_flags(file.host())?;
            return Ok(u64::from(swap(flags & !o::CLOEXEC)));
        }
        _ => {}
    }
    if !allowed_on_path(command) && file.access()? & o::PATH != 0 {
        return Err(Errno::EBADF);
    }
    match command {
        f::SETFL => host::fs::set_status_flags(file.host(), swap(arg as u32)).map(|()| 0),
        f::GETLK | f::SETLK | f::SETLKW | f::OFD_GETLK | f::OFD_SETLK | f::OFD_SETLKW => {
            lock::record_lock(t, &file, command, UserPtr::<Flock>::new(arg))
        }
        f::DUPFD_QUERY => {
            let other = t.file(Fd(arg as i32))?;
            host::fs::is_same_description(file.host(), other.host()).map(u64::from)
        }
        f::SETOWN
        | f::GETOWN
        | f::SETSIG
        | f::GETSIG
        | f::SETLEASE
        | f::GETLEASE
        | f::NOTIFY
        | f::SETPIPE_SZ
        | f::GETPIPE_SZ
        | f::ADD_SEALS
        | f::GET_SEALS => host::fs::fcntl(file.host(), command, arg),
        f::GET_RW_HINT | f::GET_FILE_RW_HINT => {
            let hint = host::fs::rw_hint(file.host(), command)?;
            UserPtr::<u64>::new(arg).write(t.space(), &hint)?;
            Ok(0)
        }
        f::SET_RW_HINT | f::SET_FILE_RW_HINT => {
            let hint = UserPtr::<u64>::new(arg).read(t.space())?;
            host::fs::set_rw_hint(file.host(), command, hint).map(|()| 0)
        }
        f::GETOWN_EX => {
            let owner = host::fs::owner(file.host())?;
            UserPtr::<[i32; 2]>::new(arg).write(t.space(), &owner)?;
            Ok(0)
        }
        f::SETOWN_EX => {
            let owner = UserPtr::<[i32; 2]>::new(arg).read(t.space())?;
            host::fs::set_owner(file.host(), owner).map(|()| 0)
        }
        _ => Err(Errno::EINVAL),
    }
}
