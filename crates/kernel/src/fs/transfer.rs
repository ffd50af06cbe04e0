//! Moving data between descriptors: sendfile(2), splice(2), tee(2), vmsplice(2),
//! copy_file_range(2).

use abi::Errno;
use abi::fs::s;
use mem::UserPtr;

use super::rw::{Iovec, sources};
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags};

/// Reads an optional offset; null means the file's own position.
fn offset(t: &Task, at: UserPtr<i64>) -> Result<Option<i64>, Errno> {
    if at.is_null() { Ok(None) } else { at.read(t.space()).map(Some) }
}

/// Writes an offset back after a transfer.
fn advance(t: &Task, at: UserPtr<i64>, offset: Option<i64>) -> Result<(), Errno> {
    offset.map_or(Ok(()), |offset| at.write(t.space(), &offset))
}

/// sendfile(2).
pub fn sendfile(t: &mut Task, to: Fd, from: Fd, at: UserPtr<i64>, count: usize) -> SysResult {
    let mut position = offset(t, at)?;
    let (to, from) = (t.file(to)?, t.file(from)?);
    t.renew(&from, position)?;
    let sent = host::io::sendfile(to.host(), from.host(), &mut position, count)?;
    advance(t, at, position)?;
    Ok(sent as u64)
}

/// splice(2).
pub fn splice(
    t: &mut Task,
    from: Fd,
    from_at: UserPtr<i64>,
    to: Fd,
    to_at: UserPtr<i64>,
    count: usize,
    flags: Flags,
) -> SysResult {
    let (from, to) = (t.file(from)?, t.file(to)?);
    let (mut a, mut b) = (offset(t, from_at)?, offset(t, to_at)?);
    t.renew(&from, a)?;
    let moved = host::io::splice(from.host(), &mut a, to.host(), &mut b, count, flags.0)?;
    advance(t, from_at, a)?;
    advance(t, to_at, b)?;
    Ok(moved as u64)
}

/// tee(2).
pub fn tee(t: &mut Task, from: Fd, to: Fd, count: usize, flags: Flags) -> SysResult {
    let (from, to) = (t.file(from)?, t.file(to)?);
    host::io::tee(from.host(), to.host(), count, flags.0).map(|n| n as u64)
}

/// `SPLICE_F_MOVE`, `NONBLOCK`, `MORE` and `GIFT`.
const SPLICE_FLAGS: u32 = 15;
/// Gifts give pages away; as Linux may, we keep them and copy.
const SPLICE_F_GIFT: u32 = 8;

/// vmsplice(2). Reading a pipe into memory is what `readv` does, too, and Linux implements it so.
pub fn vmsplice(t: &mut Task, fd: Fd, iov: UserPtr<Iovec>, count: u64, flags: Flags) -> SysResult {
    if flags.0 & !SPLICE_FLAGS != 0 {
        return Err(Errno::EINVAL);
    }
    let file = t.file(fd)?;
    if host::fs::fstat(file.host())?.mode & s::IFMT != s::IFIFO {
        return Err(Errno::EBADF);
    }
    match file.access()? & abi::fs::o::ACCMODE {
        abi::fs::o::RDONLY => super::rw::readv(t, fd, iov, count),
        _ => {
            let from = sources(t, iov, count)?;
            host::io::vmsplice(file.host(), &from, flags.0 & !SPLICE_F_GIFT).map(|n| n as u64)
        }
    }
}

/// copy_file_range(2).
pub fn copy_file_range(
    t: &mut Task,
    from: Fd,
    from_at: UserPtr<i64>,
    to: Fd,
    to_at: UserPtr<i64>,
    count: usize,
    flags: Flags,
) -> SysResult {
    let (from, to) = (t.file(from)?, t.file(to)?);
    let (mut a, mut b) = (offset(t, from_at)?, offset(t, to_at)?);
    t.renew(&from, a)?;
    let copied = host::io::copy_file_range(from.host(), &mut a, to.host(), &mut b, count, flags.0)?;
    advance(t, from_at, a)?;
    advance(t, to_at, b)?;
    Ok(copied as u64)
}
