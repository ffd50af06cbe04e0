//! Clocks, sleep and interval timers. Clock ids are the guest's.

use abi::Errno;
use abi::fs::Timespec;
use abi::ipc::SigEvent;
use abi::process::{Itimerval, Timeval};

use crate::interruptible::interruptible;
use crate::missing;
use crate::process::check;

/// Linux's ids (`linux/time.h`).
const REALTIME: i32 = 0;
const MONOTONIC: i32 = 1;
const PROCESS_CPUTIME: i32 = 2;
const THREAD_CPUTIME: i32 = 3;
const MONOTONIC_RAW: i32 = 4;
const REALTIME_COARSE: i32 = 5;
const MONOTONIC_COARSE: i32 = 6;
const BOOTTIME: i32 = 7;

/// `CLOCK_MONOTONIC` counts time asleep on macOS, as `CLOCK_BOOTTIME` does on Linux; Linux's
/// `CLOCK_MONOTONIC` is `CLOCK_UPTIME_RAW` there (clock_gettime(3)).
fn to_host(clock: i32) -> Result<libc::clockid_t, Errno> {
    match clock {
        REALTIME | REALTIME_COARSE => Ok(libc::CLOCK_REALTIME),
        MONOTONIC | MONOTONIC_RAW | MONOTONIC_COARSE => Ok(libc::CLOCK_UPTIME_RAW),
        PROCESS_CPUTIME => Ok(libc::CLOCK_PROCESS_CPUTIME_ID),
        THREAD_CPUTIME => Ok(libc::CLOCK_THREAD_CPUTIME_ID),
        BOOTTIME => Ok(libc::CLOCK_MONOTONIC),
        _ => Err(Errno::EINVAL),
    }
}

type Read = unsafe extern "C" fn(libc::clockid_t, *mut libc::timespec) -> i32;

fn read(call: Read, clock: i32) -> Result<Timespec, Errno> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place for the time.
    check(unsafe { call(to_host(clock)?, &raw mut time) })?;
    Ok(Timespec { sec: time.tv_sec, nsec: time.tv_nsec })
}

/// clock_gettime(2).
pub fn gettime(clock: i32) -> Result<Timespec, Errno> {
    read(libc::clock_gettime, clock)
}

/// clock_getres(2).
pub fn getres(clock: i32) -> Result<Timespec, Errno> {
    read(libc::clock_getres, clock)
}

/// clock_settime(2).
pub fn settime(clock: i32, time: Timespec) -> Result<(), Errno> {
    if clock != REALTIME {
        return Err(Errno::EINVAL);
    }
    let time = libc::timespec { tv_sec: time.sec, tv_nsec: time.nsec };
    // SAFETY: a valid time.
    check(unsafe { libc::clock_settime(libc::CLOCK_REALTIME, &raw const time) }).map(drop)
}

fn nanoseconds(time: Timespec) -> i128 {
    i128::from(time.sec) * 1_000_000_000 + i128::from(time.nsec)
}

/// Sleeps for some nanoseconds, rounded up to microseconds; select(2) is the only call that sleeps
/// with such a limit and can be interrupted without a window.
fn sleep(ns: i128) -> Result<(), Errno> {
    /// The kernel refuses longer times (`itimerfix`: 10⁸ seconds); the callers look again.
    const LONGEST: i128 = 100_000_000 * 1_000_000;
    let us = ((ns + 999) / 1000).clamp(0, LONGEST);
    let limit = libc::timeval {
        tv_sec: (us / 1_000_000) as i64,
        tv_usec: (us % 1_000_000) as libc::suseconds_t,
    };
    // SAFETY: no sets, and a valid time.
    unsafe { interruptible!(SELECT, 0, 0, 0, 0, &raw const limit) }.map(drop)
}

/// clock_nanosleep(2). After `EINTR`, `left` holds what was left of a relative time.
pub fn nanosleep(
    clock: i32,
    absolute: bool,
    request: Timespec,
    left: &mut Option<Timespec>,
) -> Result<(), Errno> {
    *left = Some(request);
    if !(0..1_000_000_000).contains(&request.nsec) || request.sec < 0 {
        return Err(Errno::EINVAL);
    }
    if clock == PROCESS_CPUTIME {
        return missing::CPU_CLOCK_SLEEP.refuse();
    }
    // As on Linux, where the thread's own time stands still in its sleep.
    if clock == THREAD_CPUTIME {
        return Err(Errno::EINVAL);
    }
    let from = if absolute { 0 } else { nanoseconds(gettime(clock)?) };
    let end = from + nanoseconds(request);
    loop {
        let rest = end - nanoseconds(gettime(clock)?);
        if rest <= 0 {
            return Ok(());
        }
        if let Err(errno) = sleep(rest) {
            let rest = (end - nanoseconds(gettime(clock)?)).max(0);
            *left = Some(Timespec {
                sec: (rest / 1_000_000_000) as i64,
                nsec: (rest % 1_000_000_000) as i64,
            });
            return Err(errno);
        }
    }
}

pub(super) fn timeval_from_host(time: libc::timeval) -> Timeval {
    Timeval { sec: time.tv_sec, usec: i64::from(time.tv_usec) }
}

/// `EINVAL` for microseconds that are none.
fn timeval_to_host(time: Timeval) -> Result<libc::timeval, Errno> {
    match time.usec {
        0..1_000_000 => Ok(libc::timeval { tv_sec: time.sec, tv_usec: time.usec as i32 }),
        _ => Err(Errno::EINVAL),
    }
}

fn itimer_from_host(timer: libc::itimerval) -> Itimerval {
    Itimerval {
        interval: timeval_from_host(timer.it_interval),
        value: timeval_from_host(timer.it_value),
    }
}

fn empty_timer() -> libc::itimerval {
    let zero = libc::timeval { tv_sec: 0, tv_usec: 0 };
    libc::itimerval { it_interval: zero, it_value: zero }
}

/// getitimer(2).
pub fn getitimer(which: i32) -> Result<Itimerval, Errno> {
    let mut value = empty_timer();
    // SAFETY: a valid place for the timer.
    check(unsafe { libc::getitimer(which, &raw mut value) })?;
    Ok(itimer_from_host(value))
}

/// setitimer(2): the previous setting.
pub fn setitimer(which: i32, new: Itimerval) -> Result<Itimerval, Errno> {
    let new = libc::itimerval {
        it_interval: timeval_to_host(new.interval)?,
        it_value: timeval_to_host(new.value)?,
    };
    let mut old = empty_timer();
    // SAFETY: valid timers.
    check(unsafe { libc::setitimer(which, &raw const new, &raw mut old) })?;
    Ok(itimer_from_host(old))
}

not_here! {
    timer_create(clock: i32, event: Option<&SigEvent>) -> i32 = TIMERS;
    timer_delete(timer: i32) -> () = TIMERS;
    timer_settime(timer: i32, flags: i32, new: &[Timespec; 2]) -> [Timespec; 2] = TIMERS;
    timer_gettime(timer: i32) -> [Timespec; 2] = TIMERS;
    timer_getoverrun(timer: i32) -> i32 = TIMERS;
}
