//! read(2), write(2), their vectored and positioned forms, and lseek(2).
//!
//! Data moves between the host's kernel and guest memory without a copy of ours: the host reports
//! `EFAULT`, or how far it came, exactly as it would to a process of its own.

use abi::Errno;
use abi::fs::{IOV_MAX, MAX_RW_COUNT};
use host::io::{Dst, Src};
use mem::{UserPtr, UserSlice};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::file::File;
use super::folding;
use crate::Task;
use crate::net::Timeout;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, Flags, InBuf, OutBuf};

/// `struct iovec` of a 64-bit guest.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Iovec {
    base: u64,
    len: u64,
}

impl Iovec {
    pub(crate) fn new(base: u64, len: u64) -> Self {
        Self { base, len }
    }

    /// The range that it names.
    pub(crate) fn slice(&self) -> UserSlice {
        UserSlice::new(self.base, self.len)
    }
}

/// The buffer that a read of `count` bytes fills. Linux cuts transfers off at `MAX_RW_COUNT`.
fn destination(t: &Task, addr: u64, count: u64) -> Result<Dst<'_>, Errno> {
    UserSlice::new(addr, count.min(MAX_RW_COUNT)).as_dst(t.space())
}

fn source(t: &Task, addr: u64, count: u64) -> Result<Src<'_>, Errno> {
    UserSlice::new(addr, count.min(MAX_RW_COUNT)).as_src(t.space())
}

/// read(2).
pub fn read(t: &mut Task, fd: Fd, buf: OutBuf, count: u64) -> SysResult {
    let file = t.file(fd)?;
    t.renew(&file, None)?;
    let result = host::io::read(file.host(), destination(t, buf.0, count)?);
    let read = t.timed(&file, Timeout::Receive, result)?;
    show_names(t, &file, &[Iovec { base: buf.0, len: count }], read)?;
    Ok(read as u64)
}

/// Puts the guest's names in the events of inotify(7) that have just been read into these buffers,
/// on a volume that has them in another form.
fn show_names(t: &Task, file: &File, to: &[Iovec], read: usize) -> Result<(), Errno> {
    if !file.tells_names() || !t.root().folds() {
        return Ok(());
    }
    let mut events = Vec::with_capacity(read);
    for iov in to {
        let left = read - events.len();
        events.extend(iov.slice().read_to_vec(t.space(), left)?);
    }
    folding::show_in_events(&mut events);
    let mut rest = &events[..];
    for iov in to {
        let (part, behind) = rest.split_at(rest.len().min(iov.len as usize));
        iov.slice().write_from(t.space(), part)?;
        rest = behind;
    }
    Ok(())
}

/// write(2).
pub fn write(t: &mut Task, fd: Fd, buf: InBuf, count: u64) -> SysResult {
    let file = t.file(fd)?;
    let result = host::io::write(file.host(), source(t, buf.0, count)?);
    t.timed(&file, Timeout::Send, result).map(|n| n as u64)
}

/// pread64(2).
pub fn pread64(t: &mut Task, fd: Fd, buf: OutBuf, count: u64, offset: i64) -> SysResult {
    let file = t.file(fd)?;
    t.renew(&file, Some(offset))?;
    host::io::pread(file.host(), destination(t, buf.0, count)?, offset).map(|n| n as u64)
}

/// pwrite64(2).
pub fn pwrite64(t: &mut Task, fd: Fd, buf: InBuf, count: u64, offset: i64) -> SysResult {
    let file = t.file(fd)?;
    host::io::pwrite(file.host(), source(t, buf.0, count)?, offset).map(|n| n as u64)
}

/// Reads an array of buffers. `EINVAL` for too many, or a length that does not fit a `ssize_t`;
/// what exceeds `MAX_RW_COUNT` in sum is cut off.
pub(crate) fn iovecs(t: &Task, iov: UserPtr<Iovec>, count: u64) -> Result<Vec<Iovec>, Errno> {
    if count > IOV_MAX as u64 {
        return Err(Errno::EINVAL);
    }
    let mut room = MAX_RW_COUNT;
    (0..count)
        .map(|i| {
            let mut iovec = iov.add(i)?.read(t.space())?;
            if iovec.len > i64::MAX as u64 {
                return Err(Errno::EINVAL);
            }
            iovec.len = iovec.len.min(room);
            room -= iovec.len;
            Ok(iovec)
        })
        .collect()
}

/// The buffers that a vectored read fills.
pub(crate) fn destinations<'a>(
    t: &'a Task,
    iov: UserPtr<Iovec>,
    count: u64,
) -> Result<Vec<Dst<'a>>, Errno> {
    fill(t, &iovecs(t, iov, count)?)
}

fn fill<'a>(t: &'a Task, iovecs: &[Iovec]) -> Result<Vec<Dst<'a>>, Errno> {
    iovecs.iter().map(|iov| destination(t, iov.base, iov.len)).collect()
}

/// The buffers that a vectored write takes its data from.
pub(crate) fn sources<'a>(
    t: &'a Task,
    iov: UserPtr<Iovec>,
    count: u64,
) -> Result<Vec<Src<'a>>, Errno> {
    let iovecs = iovecs(t, iov, count)?;
    iovecs.iter().map(|iov| source(t, iov.base, iov.len)).collect()
}

/// readv(2).
pub fn readv(t: &mut Task, fd: Fd, iov: UserPtr<Iovec>, count: u64) -> SysResult {
    let file = t.file(fd)?;
    let iovecs = iovecs(t, iov, count)?;
    t.renew(&file, None)?;
    let result = host::io::readv(file.host(), &fill(t, &iovecs)?);
    let read = t.timed(&file, Timeout::Receive, result)?;
    show_names(t, &file, &iovecs, read)?;
    Ok(read as u64)
}

/// writev(2).
pub fn writev(t: &mut Task, fd: Fd, iov: UserPtr<Iovec>, count: u64) -> SysResult {
    let file = t.file(fd)?;
    let result = host::io::writev(file.host(), &sources(t, iov, count)?);
    t.timed(&file, Timeout::Send, result).map(|n| n as u64)
}

/// A position for the positioned forms; `EINVAL` below zero.
fn position(offset: i64) -> Result<i64, Errno> {
    if offset < 0 { Err(Errno::EINVAL) } else { Ok(offset) }
}

/// preadv(2). The high half of the offset is for 32-bit callers.
pub fn preadv(t: &mut Task, fd: Fd, iov: UserPtr<Iovec>, count: u64, offset: i64) -> SysResult {
    let file = t.file(fd)?;
    let offset = position(offset)?;
    t.renew(&file, Some(offset))?;
    host::io::preadv2(file.host(), &destinations(t, iov, count)?, offset, 0).map(|n| n as u64)
}

/// pwritev(2).
pub fn pwritev(t: &mut Task, fd: Fd, iov: UserPtr<Iovec>, count: u64, offset: i64) -> SysResult {
    let file = t.file(fd)?;
    let offset = position(offset)?;
    host::io::pwritev2(file.host(), &sources(t, iov, count)?, offset, 0).map(|n| n as u64)
}

/// preadv2(2): offset -1 stands for the file position. The host checks the flags.
pub fn preadv2(
    t: &mut Task,
    fd: Fd,
    iov: UserPtr<Iovec>,
    count: u64,
    offset: i64,
    _offset_high: u64,
    flags: Flags,
) -> SysResult {
    let file = t.file(fd)?;
    let iovecs = iovecs(t, iov, count)?;
    t.renew(&file, (offset != -1).then_some(offset))?;
    let read = host::io::preadv2(file.host(), &fill(t, &iovecs)?, offset, flags.0)?;
    show_names(t, &file, &iovecs, read)?;
    Ok(read as u64)
}

/// pwritev2(2).
pub fn pwritev2(
    t: &mut Task,
    fd: Fd,
    iov: UserPtr<Iovec>,
    count: u64,
    offset: i64,
    _offset_high: u64,
    flags: Flags,
) -> SysResult {
    let file = t.file(fd)?;
    let from = sources(t, iov, count)?;
    host::io::pwritev2(file.host(), &from, offset, flags.0).map(|n| n as u64)
}

/// lseek(2).
pub fn lseek(t: &mut Task, fd: Fd, offset: i64, whence: i32) -> SysResult {
    let file = t.file(fd)?;
    if let Some(listing) = file.listing() {
        return listing.lock().seek(offset, whence);
    }
    host::fs::lseek(file.host(), offset, whence)
}
