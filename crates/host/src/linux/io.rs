//! Reading, writing and waiting on descriptors.
//!
//! The calls that may sleep are interruptible (see `syscall`): they return `EINTR` if the thread's
//! attention word is or becomes raised.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use abi::Errno;

use super::syscall::sys;
use crate::io::{Dst, PollFd, Src};

/// Takes ownership of a descriptor that a call just returned.
///
/// # Safety
///
/// Nobody else owns it.
pub(super) unsafe fn owned(fd: usize) -> OwnedFd {
    // SAFETY: passed on to the caller.
    unsafe { OwnedFd::from_raw_fd(fd as i32) }
}

/// preadv2(2); offset -1 uses and moves the file position.
pub fn preadv2(
    fd: BorrowedFd<'_>,
    to: &[Dst<'_>],
    offset: i64,
    flags: u32,
) -> Result<usize, Errno> {
    // SAFETY: an array of `iovec`s whose memory may be written to.
    unsafe {
        sys!(interruptible: SYS_preadv2, fd.as_raw_fd(), to.as_ptr(), to.len(), offset, 0, flags)
    }
}

/// pwritev2(2); offset -1 uses and moves the file position.
pub fn pwritev2(
    fd: BorrowedFd<'_>,
    from: &[Src<'_>],
    offset: i64,
    flags: u32,
) -> Result<usize, Errno> {
    // SAFETY: an array of `iovec`s whose memory may be read.
    unsafe {
        sys!(interruptible: SYS_pwritev2, fd.as_raw_fd(), from.as_ptr(), from.len(), offset, 0, flags)
    }
}

/// pipe2(2): the reading and the writing end, close-on-exec. `flags` are `abi::fs::o`.
pub fn pipe(flags: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends = [-1i32; 2];
    // SAFETY: `ends` receives two descriptors, which nobody else owns.
    unsafe {
        sys!(SYS_pipe2, ends.as_mut_ptr(), flags | abi::fs::o::CLOEXEC)?;
        Ok((owned(ends[0] as usize), owned(ends[1] as usize)))
    }
}

/// An offset in guest memory has been read into `offset`; the new value goes back there.
fn offset_ptr(offset: &mut Option<i64>) -> *mut i64 {
    offset.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut)
}

/// sendfile(2).
pub fn sendfile(
    to: BorrowedFd<'_>,
    from: BorrowedFd<'_>,
    offset: &mut Option<i64>,
    count: usize,
) -> Result<usize, Errno> {
    let offset = offset_ptr(offset);
    // SAFETY: `offset` is null or valid.
    unsafe { sys!(interruptible: SYS_sendfile, to.as_raw_fd(), from.as_raw_fd(), offset, count) }
}

/// splice(2).
pub fn splice(
    from: BorrowedFd<'_>,
    from_offset: &mut Option<i64>,
    to: BorrowedFd<'_>,
    to_offset: &mut Option<i64>,
    count: usize,
    flags: u32,
) -> Result<usize, Errno> {
    let (a, b) = (offset_ptr(from_offset), offset_ptr(to_offset));
    // SAFETY: the offsets are null or valid.
    unsafe { sys!(interruptible: SYS_splice, from.as_raw_fd(), a, to.as_raw_fd(), b, count, flags) }
}

/// tee(2).
pub fn tee(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    count: usize,
    flags: u32,
) -> Result<usize, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(interruptible: SYS_tee, from.as_raw_fd(), to.as_raw_fd(), count, flags) }
}

/// vmsplice(2) into a pipe. Without `SPLICE_F_GIFT`, which would hand over pages of the slab.
pub fn vmsplice(fd: BorrowedFd<'_>, from: &[Src<'_>], flags: u32) -> Result<usize, Errno> {
    // SAFETY: an array of `iovec`s whose memory may be read.
    unsafe { sys!(interruptible: SYS_vmsplice, fd.as_raw_fd(), from.as_ptr(), from.len(), flags) }
}

/// copy_file_range(2).
pub fn copy_file_range(
    from: BorrowedFd<'_>,
    from_offset: &mut Option<i64>,
    to: BorrowedFd<'_>,
    to_offset: &mut Option<i64>,
    count: usize,
    flags: u32,
) -> Result<usize, Errno> {
    let (a, b) = (offset_ptr(from_offset), offset_ptr(to_offset));
    // SAFETY: the offsets are null or valid.
    unsafe {
        sys!(
            interruptible: SYS_copy_file_range,
            from.as_raw_fd(), a, to.as_raw_fd(), b, count, flags
        )
    }
}

/// ppoll(2). With a mask, signals that it lets through may be recorded, after which all are
/// blocked until [`set_mask`](crate::signal::set_mask).
pub fn poll(
    fds: &mut [PollFd],
    timeout: Option<abi::fs::Timespec>,
    mask: Option<abi::signal::SigSet>,
) -> Result<usize, Errno> {
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let mask = mask.map(crate::signal::host_mask);
    let mask = mask.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: whole arrays and valid or null pointers.
    unsafe { sys!(interruptible: SYS_ppoll, fds.as_mut_ptr(), fds.len(), timeout, mask, 8) }
}
