//! Reading, writing and waiting on descriptors.
//!
//! The calls that may sleep are interruptible (see `syscall`): they return `EINTR` if the thread's
//! attention word is or becomes raised.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use abi::Errno;
use abi::fs::o;

use crate::darwin::file::{events_from_host, events_to_host};
use crate::interruptible::interruptible;
use crate::io::{Dst, PollFd, Src, readv, writev};
use crate::missing;
use crate::process::check;

/// preadv2(2) without flags; offset -1 uses and moves the file position.
pub fn preadv2(
    fd: BorrowedFd<'_>,
    to: &[Dst<'_>],
    offset: i64,
    flags: u32,
) -> Result<usize, Errno> {
    if flags != 0 {
        return missing::RWF.refuse();
    }
    if offset == -1 {
        return readv(fd, to);
    }
    // SAFETY: an array of `iovec`s whose memory may be written to.
    unsafe { interruptible!(PREADV, fd.as_raw_fd(), to.as_ptr(), to.len(), offset) }
}

/// pwritev2(2) without flags; offset -1 uses and moves the file position.
pub fn pwritev2(
    fd: BorrowedFd<'_>,
    from: &[Src<'_>],
    offset: i64,
    flags: u32,
) -> Result<usize, Errno> {
    if flags != 0 {
        return missing::RWF.refuse();
    }
    if offset == -1 {
        return writev(fd, from);
    }
    // SAFETY: an array of `iovec`s whose memory may be read.
    unsafe { interruptible!(PWRITEV, fd.as_raw_fd(), from.as_ptr(), from.len(), offset) }
}

/// Makes a new descriptor close-on-exec where the call that made it could not.
pub(super) fn set_close_on_exec(fd: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) }).map(drop)
}

/// pipe2(2): the reading and the writing end, close-on-exec. `flags` are `abi::fs::o`.
pub fn pipe(flags: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    if flags & o::DIRECT != 0 {
        return missing::PACKET_PIPE.refuse();
    }
    let mut ends = [-1i32; 2];
    // SAFETY: room for two descriptors.
    check(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    // SAFETY: new descriptors, which nobody else owns.
    let ends = ends.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    for end in &ends {
        set_close_on_exec(end)?;
        if flags & o::NONBLOCK != 0 {
            // SAFETY: no pointers.
            check(unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
        }
    }
    Ok(ends.into())
}

not_here! {
    sendfile(
        to: BorrowedFd<'_>,
        from: BorrowedFd<'_>,
        offset: &mut Option<i64>,
        count: usize,
    ) -> usize = SENDFILE;
    splice(
        from: BorrowedFd<'_>,
        from_offset: &mut Option<i64>,
        to: BorrowedFd<'_>,
        to_offset: &mut Option<i64>,
        count: usize,
        flags: u32,
    ) -> usize = SPLICE;
    tee(from: BorrowedFd<'_>, to: BorrowedFd<'_>, count: usize, flags: u32) -> usize = SPLICE;
    vmsplice(fd: BorrowedFd<'_>, from: &[Src<'_>], flags: u32) -> usize = SPLICE;
    copy_file_range(
        from: BorrowedFd<'_>,
        from_offset: &mut Option<i64>,
        to: BorrowedFd<'_>,
        to_offset: &mut Option<i64>,
        count: usize,
        flags: u32,
    ) -> usize = COPY_RANGE;
}

/// poll(2)'s timeout: milliseconds, rounded up, or -1 for none.
fn milliseconds(timeout: Option<abi::fs::Timespec>) -> i32 {
    let Some(timeout) = timeout else { return -1 };
    let ms = i128::from(timeout.sec) * 1000 + (i128::from(timeout.nsec) + 999_999) / 1_000_000;
    // 24 days: whoever waits for longer sees a timeout early.
    i32::try_from(ms).unwrap_or(i32::MAX)
}

/// ppoll(2) without a mask.
pub fn poll(
    fds: &mut [PollFd],
    timeout: Option<abi::fs::Timespec>,
    mask: Option<abi::signal::SigSet>,
) -> Result<usize, Errno> {
    if mask.is_some() {
        return missing::POLL_MASK.refuse();
    }
    let mut host: Vec<PollFd> =
        fds.iter().map(|fd| PollFd { events: events_to_host(fd.events), ..*fd }).collect();
    // SAFETY: a whole array of `struct pollfd`.
    let count =
        unsafe { interruptible!(POLL, host.as_mut_ptr(), host.len(), milliseconds(timeout)) }?;
    for (fd, host) in fds.iter_mut().zip(&host) {
        fd.revents = events_from_host(host.revents, fd.events);
    }
    Ok(count)
}
