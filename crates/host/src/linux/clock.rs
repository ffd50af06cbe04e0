//! Clocks, sleep and interval timers. Clock ids are the guest's, which are this host's, too.

use abi::Errno;
use abi::fs::Timespec;
use abi::ipc::SigEvent;
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

/// timer_create(2): the kernel's number of the timer.
pub fn timer_create(clock: i32, event: Option<&SigEvent>) -> Result<i32, Errno> {
    let mut timer = 0i32;
    let event = event.map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: null or a whole event, and a place for the number.
    unsafe { sys!(SYS_timer_create, clock, event, &raw mut timer) }?;
    Ok(timer)
}

/// timer_delete(2).
pub fn timer_delete(timer: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_timer_delete, timer) }.map(drop)
}

/// timer_settime(2): interval and expiry, the new and the previous ones.
pub fn timer_settime(timer: i32, flags: i32, new: &[Timespec; 2]) -> Result<[Timespec; 2], Errno> {
    let mut old = [Timespec::default(); 2];
    // SAFETY: valid times.
    unsafe { sys!(SYS_timer_settime, timer, flags, std::ptr::from_ref(new), &raw mut old) }?;
    Ok(old)
}

/// timer_gettime(2): interval and time left.
pub fn timer_gettime(timer: i32) -> Result<[Timespec; 2], Errno> {
    let mut value = [Timespec::default(); 2];
    // SAFETY: a valid place for the times.
    unsafe { sys!(SYS_timer_gettime, timer, &raw mut value) }?;
    Ok(value)
}

/// timer_getoverrun(2).
pub fn timer_getoverrun(timer: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    unsafe { sys!(SYS_timer_getoverrun, timer) }.map(|count| count as i32)
}
