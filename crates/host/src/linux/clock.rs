//! Clocks, sleep and interval timers. Clock ids are the guest's, which are this host's, too.

use abi::Errno;
use abi::fs::Timespec;
use abi::process::Itimerval;

use super::syscall::sys;

/// clock_gettime(2). Through the vDSO for the clocks that it knows.
pub fn gettime(clock: i32) -> Result<Timespec, Errno> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place for the time.
    if unsafe { libc::clock_gettime(clock, &raw mut now) } != 0 {
        return Err(crate::process::last_errno());
    }
    Ok(Timespec { sec: now.tv_sec, nsec: now.tv_nsec })
}

/// clock_getres(2).
pub fn getres(clock: i32) -> Result<Timespec, Errno> {
    let mut resolution = Timespec::default();
    // SAFETY: a valid place for the time.
    unsafe { sys!(SYS_clock_getres, clock, &raw mut resolution) }?;
    Ok(resolution)
}

/// clock_settime(2).
pub fn settime(clock: i32, time: Timespec) -> Result<(), Errno> {
    // SAFETY: a valid time.
    unsafe { sys!(SYS_clock_settime, clock, &raw const time) }.map(drop)
}

/// clock_nanosleep(2). After `EINTR`, `left` holds what was left of a relative time.
pub fn nanosleep(
    clock: i32,
    absolute: bool,
    request: Timespec,
    left: &mut Option<Timespec>,
) -> Result<(), Errno> {
    let flags = if absolute { libc::TIMER_ABSTIME } else { 0 };
    // If the sleep does not even begin, all of it is left.
    let mut rest = request;
    // SAFETY: valid times.
    let result = unsafe {
        sys!(
            interruptible: SYS_clock_nanosleep,
            clock, flags, &raw const request, &raw mut rest
        )
    };
    *left = Some(rest);
    result.map(drop)
}

/// getitimer(2).
pub fn getitimer(which: i32) -> Result<Itimerval, Errno> {
    let mut value = Itimerval::default();
    // SAFETY: a valid place for the timer.
    unsafe { sys!(SYS_getitimer, which, &raw mut value) }?;
    Ok(value)
}

/// setitimer(2): the previous setting.
pub fn setitimer(which: i32, new: Itimerval) -> Result<Itimerval, Errno> {
    let mut old = Itimerval::default();
    // SAFETY: valid timers.
    unsafe { sys!(SYS_setitimer, which, &raw const new, &raw mut old) }?;
    Ok(old)
}
