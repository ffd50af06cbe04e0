//! The extent of files, and what has reached the disk: truncate(2), fallocate(2),
//! posix_fadvise(2), sync(2) and relatives.

use abi::Errno;
use abi::fs::access;

use mem::UserPtr;

use super::{Last, Subject};
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Fd, Flags, Path};

/// truncate(2).
pub fn truncate(t: &mut Task, path: Path, len: i64) -> SysResult {
    if len < 0 {
        return Err(Errno::EINVAL);
    }
    let at = t.at(DirFd(abi::fs::AT_FDCWD), path, Last::Follow)?;
    t.check_access(Subject::at(&at, 0), access::W_OK)?;
    host::fs::truncate(at.pin()?.path(), len).map(|()| 0)
}

/// ftruncate(2).
pub fn ftruncate(t: &mut Task, fd: Fd, len: i64) -> SysResult {
    host::fs::ftruncate(t.file(fd)?.host(), len).map(|()| 0)
}

/// fallocate(2). The host checks the mode.
pub fn fallocate(t: &mut Task, fd: Fd, mode: i32, offset: i64, len: i64) -> SysResult {
    host::fs::fallocate(t.file(fd)?.host(), mode, offset, len).map(|()| 0)
}

/// posix_fadvise(2).
pub fn fadvise64(t: &mut Task, fd: Fd, offset: i64, len: i64, advice: i32) -> SysResult {
    host::fs::fadvise(t.file(fd)?.host(), offset, len, advice).map(|()| 0)
}

/// readahead(2).
pub fn readahead(t: &mut Task, fd: Fd, offset: i64, count: usize) -> SysResult {
    host::fs::readahead(t.file(fd)?.host(), offset, count).map(|()| 0)
}

/// cachestat(2): a range, `struct cachestat_range`, and what is cached of it, `struct cachestat`.
pub fn cachestat(
    t: &mut Task,
    fd: Fd,
    range: UserPtr<[u64; 2]>,
    counts: UserPtr<[u64; 5]>,
    flags: Flags,
) -> SysResult {
    let file = t.file(fd)?;
    let result = host::fs::cachestat(file.host(), range.read(t.space())?, flags.0)?;
    counts.write(t.space(), &result).map(|()| 0)
}

/// sync(2).
pub fn sync(_: &mut Task) -> SysResult {
    host::fs::sync();
    Ok(0)
}

/// syncfs(2).
pub fn syncfs(t: &mut Task, fd: Fd) -> SysResult {
    host::fs::syncfs(t.file(fd)?.host()).map(|()| 0)
}

/// fsync(2).
pub fn fsync(t: &mut Task, fd: Fd) -> SysResult {
    host::fs::fsync(t.file(fd)?.host()).map(|()| 0)
}

/// fdatasync(2).
pub fn fdatasync(t: &mut Task, fd: Fd) -> SysResult {
    host::fs::fdatasync(t.file(fd)?.host()).map(|()| 0)
}

/// sync_file_range(2).
pub fn sync_file_range(t: &mut Task, fd: Fd, offset: i64, len: i64, flags: Flags) -> SysResult {
    host::fs::sync_file_range(t.file(fd)?.host(), offset, len, flags.0).map(|()| 0)
}
