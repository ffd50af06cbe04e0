//! flock(2) and the record locks of fcntl(2). Guest processes are host processes and guest
//! descriptors host descriptors, so the host's locks have the right owners.

use abi::Errno;
use abi::fs::{Flock, f};
use mem::UserPtr;

use super::File;
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::Fd;

/// flock(2).
pub fn flock(t: &mut Task, fd: Fd, operation: i32) -> SysResult {
    let file = t.file(fd)?;
    host::fs::flock(file.host(), operation).map(|()| 0)
}

/// The lock commands of fcntl(2).
pub(super) fn record_lock(
    t: &Task,
    file: &File,
    command: i32,
    at: UserPtr<Flock>,
) -> Result<u64, Errno> {
    let mut lock = at.read(t.space())?;
    if matches!(command, f::SETLK | f::SETLKW) {
        t.space().note_record_locks();
    }
    host::fs::lock(file.host(), command, &mut lock)?;
    if matches!(command, f::GETLK | f::OFD_GETLK) {
        at.write(t.space(), &lock)?;
    }
    Ok(0)
}
