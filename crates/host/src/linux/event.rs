//! epoll(7), timerfd_create(2), signalfd(2), inotify(7), pidfd_open(2). All numbers are the guest's,
//! which are this host's, too.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::{Timespec, o};
use abi::signal::{SigInfo, SigSet};

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

/// Events that one wait fetches at most; what is left over comes with the next. Programs ask for
/// as many as they have descriptors, and some count on getting all that are ready.
const EVENTS_AT_ONCE: usize = 1 << 16;

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

/// signalfd4(2): a new descriptor, close-on-exec, for signals of `mask` that are pending for its
/// reader.
pub fn signalfd(mask: SigSet, flags: u32) -> Result<OwnedFd, Errno> {
    let (none, flags) = (-1, flags | o::CLOEXEC);
    // SAFETY: a whole signal set; the result is a new descriptor.
    unsafe {
        sys!(SYS_signalfd4, none, &raw const mask, size_of::<SigSet>(), flags).map(|fd| owned(fd))
    }
}

/// signalfd4(2) on a descriptor that it made: the signals are `mask` from now on.
pub fn signalfd_change(fd: BorrowedFd<'_>, mask: SigSet, flags: u32) -> Result<(), Errno> {
    let (fd, size) = (fd.as_raw_fd(), size_of::<SigSet>());
    // SAFETY: a whole signal set.
    unsafe { sys!(SYS_signalfd4, fd, &raw const mask, size, flags) }.map(drop)
}

/// inotify_init1(2), close-on-exec.
pub fn inotify_init(flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_inotify_init1, flags | o::CLOEXEC).map(|fd| owned(fd)) }
}

/// inotify_add_watch(2).
pub fn inotify_add_watch(fd: BorrowedFd<'_>, path: &CStr, mask: u32) -> Result<i32, Errno> {
    // SAFETY: a C string.
    unsafe { sys!(SYS_inotify_add_watch, fd.as_raw_fd(), path.as_ptr(), mask) }
        .map(|watch| watch as i32)
}

/// inotify_rm_watch(2).
pub fn inotify_rm_watch(fd: BorrowedFd<'_>, watch: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_inotify_rm_watch, fd.as_raw_fd(), watch) }.map(drop)
}

/// pidfd_open(2), close-on-exec.
pub fn pidfd_open(pid: i32, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers; the result is a new descriptor.
    unsafe { sys!(SYS_pidfd_open, pid, flags).map(|fd| owned(fd)) }
}

/// pidfd_send_signal(2).
pub fn pidfd_send_signal(
    pidfd: BorrowedFd<'_>,
    signal: i32,
    info: Option<&SigInfo>,
    flags: u32,
) -> Result<(), Errno> {
    let info = info.map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: null or a whole `siginfo_t`.
    unsafe { sys!(SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, info, flags) }.map(drop)
}

/// The process of a descriptor that pidfd_open(2) made. `EBADF` for another, `ESRCH` after the
/// process is gone.
pub fn pid_of(pidfd: BorrowedFd<'_>) -> Result<i32, Errno> {
    let file = format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd());
    let text = std::fs::read_to_string(file).map_err(|_| Errno::EBADF)?;
    let pid = text.lines().find_map(|line| line.strip_prefix("Pid:")).ok_or(Errno::EBADF)?;
    // 0 in another namespace, -1 for one that has been waited for (`pidfd_show_fdinfo`).
    pid.trim().parse().ok().filter(|pid| *pid > 0).ok_or(Errno::ESRCH)
}
