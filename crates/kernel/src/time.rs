//! Clocks, sleeping and interval timers. Clock ids are Linux's; the host converts.

use abi::Errno;
use abi::fs::Timespec;
use abi::process::{Itimerval, Timeval};
use host::clock;
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;

/// restart_syscall(2), which only the kernel itself calls: nothing is left to be restarted.
pub fn restart_syscall(_: &mut Task) -> SysResult {
    Err(Errno::EINTR)
}

/// clock_gettime(2).
pub fn clock_gettime(t: &mut Task, clock: i32, to: UserPtr<Timespec>) -> SysResult {
    to.write(t.space(), &clock::gettime(clock)?)?;
    Ok(0)
}

/// clock_getres(2).
pub fn clock_getres(t: &mut Task, clock: i32, to: UserPtr<Timespec>) -> SysResult {
    let resolution = clock::getres(clock)?;
    if !to.is_null() {
        to.write(t.space(), &resolution)?;
    }
    Ok(0)
}

/// clock_settime(2).
pub fn clock_settime(t: &mut Task, clock: i32, from: UserPtr<Timespec>) -> SysResult {
    clock::settime(clock, from.read(t.space())?).map(|()| 0)
}

/// `struct timezone`.
type Timezone = [i32; 2];

/// gettimeofday(2).
pub fn gettimeofday(t: &mut Task, to: UserPtr<Timeval>, zone: UserPtr<Timezone>) -> SysResult {
    /// `CLOCK_REALTIME`.
    const REALTIME: i32 = 0;
    let now = clock::gettime(REALTIME)?;
    if !to.is_null() {
        to.write(t.space(), &Timeval { sec: now.sec, usec: now.nsec / 1000 })?;
    }
    if !zone.is_null() {
        zone.write(t.space(), &[0, 0])?;
    }
    Ok(0)
}

/// `TIMER_ABSTIME`.
const ABSOLUTE: i32 = 1;

/// clock_nanosleep(2).
pub fn clock_nanosleep(
    t: &mut Task,
    clock: i32,
    flags: i32,
    request: UserPtr<Timespec>,
    remaining: UserPtr<Timespec>,
) -> SysResult {
    let request = request.read(t.space())?;
    let absolute = flags & ABSOLUTE != 0;
    let mut left = None;
    let result = clock::nanosleep(clock, absolute, request, &mut left);
    if let (Err(Errno::EINTR), Some(left)) = (result, left)
        && !absolute
        && !remaining.is_null()
    {
        remaining.write(t.space(), &left)?;
    }
    result.map(|()| 0)
}

/// nanosleep(2).
pub fn nanosleep(
    t: &mut Task,
    request: UserPtr<Timespec>,
    remaining: UserPtr<Timespec>,
) -> SysResult {
    /// `CLOCK_MONOTONIC`.
    const MONOTONIC: i32 = 1;
    clock_nanosleep(t, MONOTONIC, 0, request, remaining)
}

/// getitimer(2).
pub fn getitimer(t: &mut Task, which: i32, to: UserPtr<Itimerval>) -> SysResult {
    to.write(t.space(), &clock::getitimer(which)?)?;
    Ok(0)
}

/// setitimer(2).
pub fn setitimer(
    t: &mut Task,
    which: i32,
    new: UserPtr<Itimerval>,
    old: UserPtr<Itimerval>,
) -> SysResult {
    // Linux takes a null pointer for zero here, and says so in its log.
    let new = if new.is_null() { Itimerval::default() } else { new.read(t.space())? };
    let previous = clock::setitimer(which, new)?;
    if !old.is_null() {
        old.write(t.space(), &previous)?;
    }
    Ok(0)
}
