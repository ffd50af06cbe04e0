//! Descriptors to wait with: kqueue is of another kind, so none of Linux's is here yet.

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, OwnedFd};

use abi::Errno;
use abi::fs::Timespec;
use abi::signal::{SigInfo, SigSet};

use crate::event::EpollEvent;

not_here! {
    epoll_create(flags: u32) -> OwnedFd = EPOLL;
    epoll_ctl(
        set: BorrowedFd<'_>,
        operation: i32,
        fd: BorrowedFd<'_>,
        event: Option<EpollEvent>,
    ) -> () = EPOLL;
    epoll_pwait(
        set: BorrowedFd<'_>,
        max: usize,
        milliseconds: i32,
        mask: Option<SigSet>,
    ) -> Vec<EpollEvent> = EPOLL;
    epoll_pwait2(
        set: BorrowedFd<'_>,
        max: usize,
        timeout: Option<Timespec>,
        mask: Option<SigSet>,
    ) -> Vec<EpollEvent> = EPOLL;
    timerfd_create(clock: i32, flags: u32) -> OwnedFd = TIMERFD;
    timerfd_settime(timer: BorrowedFd<'_>, flags: u32, new: [Timespec; 2]) -> [Timespec; 2] = TIMERFD;
    timerfd_gettime(timer: BorrowedFd<'_>) -> [Timespec; 2] = TIMERFD;
    signalfd(mask: SigSet, flags: u32) -> OwnedFd = SIGNALFD;
    signalfd_change(fd: BorrowedFd<'_>, mask: SigSet, flags: u32) -> () = SIGNALFD;
    inotify_init(flags: u32) -> OwnedFd = INOTIFY;
    inotify_add_watch(fd: BorrowedFd<'_>, path: &CStr, mask: u32) -> i32 = INOTIFY;
    inotify_rm_watch(fd: BorrowedFd<'_>, watch: i32) -> () = INOTIFY;
    pidfd_open(pid: i32, flags: u32) -> OwnedFd = PIDFD;
    pidfd_send_signal(
        pidfd: BorrowedFd<'_>,
        signal: i32,
        info: Option<&SigInfo>,
        flags: u32,
    ) -> () = PIDFD;
    pid_of(pidfd: BorrowedFd<'_>) -> i32 = PIDFD;
}
