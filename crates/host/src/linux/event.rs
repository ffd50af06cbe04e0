//! epoll(7) and timerfd_create(2). All numbers are the guest's, which are this host's, too.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::{Timespec, o};
use abi::signal::SigSet;

use super::io::owned;
use super::syscall::sys;
use crate::event::EpollEvent;
use crate::signal::host_mask;

/// epoll_create1(2), close-on-exec.
pub fn epoll_create(flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_epoll_create1, flags | o::CLOEXEC).map(|fd| owned(fd)) }
}

/// epoll_ctl(2).
pub fn epoll_ctl(
    set: BorrowedFd<'_>,
    operation: i32,
    fd: BorrowedFd<'_>,
    event: Option<EpollEvent>,
) -> Result<(), Errno> {
    let event = event.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: null or a whole event, which the call only reads.
    unsafe { sys!(SYS_epoll_ctl, set.as_raw_fd(), operation, fd.as_raw_fd(), event) }.map(drop)
}

/// Events that one wait fetches at most; what is left over comes with the next.
const EVENTS_AT_ONCE: usize = 1024;

/// Lets `wait` fill in as many events as it says.
fn collect(
    max: usize,
    wait: impl FnOnce(*mut EpollEvent, usize) -> Result<usize, Errno>,
) -> Result<Vec<EpollEvent>, Errno> {
    let room = max.min(EVENTS_AT_ONCE);
    let mut events = Vec::with_capacity(room);
    let count = wait(events.as_mut_ptr(), room)?;
    // SAFETY: the kernel has written this many, no more than there is room for.
    unsafe { events.set_len(count) };
    Ok(events)
}

/// epoll_pwait(2) with a timeout in milliseconds, -1 for none. A mask is as for
/// [`poll`](crate::io::poll).
pub fn epoll_pwait(
    set: BorrowedFd<'_>,
    max: usize,
    milliseconds: i32,
    mask: Option<SigSet>,
) -> Result<Vec<EpollEvent>, Errno> {
    let mask = mask.map(host_mask);
    let mask = mask.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    collect(max, |events, room| {
        // SAFETY: room for this many events, and null or a whole signal set.
        unsafe {
            sys!(
                interruptible: SYS_epoll_pwait,
                set.as_raw_fd(), events, room, milliseconds, mask, size_of::<SigSet>()
            )
        }
    })
}

/// epoll_pwait2(2) (Linux 5.11). A mask is as for [`poll`](crate::io::poll).
pub fn epoll_pwait2(
    set: BorrowedFd<'_>,
    max: usize,
    timeout: Option<Timespec>,
    mask: Option<SigSet>,
) -> Result<Vec<EpollEvent>, Errno> {
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let mask = mask.map(host_mask);
    let mask = mask.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    collect(max, |events, room| {
        // SAFETY: room for this many events, and null or whole times and sets.
        unsafe {
            sys!(
                interruptible: SYS_epoll_pwait2,
                set.as_raw_fd(), events, room, timeout, mask, size_of::<SigSet>()
            )
        }
    })
}

/// timerfd_create(2), close-on-exec. Of its flags, `TFD_NONBLOCK` is `O_NONBLOCK`.
pub fn timerfd_create(clock: i32, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_timerfd_create, clock, flags | o::CLOEXEC).map(|fd| owned(fd)) }
}

/// timerfd_settime(2): interval and first expiry; returns the previous setting.
pub fn timerfd_settime(
    timer: BorrowedFd<'_>,
    flags: u32,
    new: [Timespec; 2],
) -> Result<[Timespec; 2], Errno> {
    let mut old = [Timespec::default(); 2];
    // SAFETY: whole `itimerspec`s.
    unsafe {
        sys!(SYS_timerfd_settime, timer.as_raw_fd(), flags, &raw const new, &raw mut old)?;
    }
    Ok(old)
}

/// timerfd_gettime(2): interval, and time to the next expiry.
pub fn timerfd_gettime(timer: BorrowedFd<'_>) -> Result<[Timespec; 2], Errno> {
    let mut value = [Timespec::default(); 2];
    // SAFETY: room for a whole `itimerspec`.
    unsafe { sys!(SYS_timerfd_gettime, timer.as_raw_fd(), &raw mut value) }?;
    Ok(value)
}
