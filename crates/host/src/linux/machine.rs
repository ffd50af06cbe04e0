//! The clock's rate and setting, and the kernel's log.

use abi::Errno;
use abi::process::{Timeval, Timex};

use super::syscall::sys;
use crate::io::Dst;

/// clock_adjtime(2): the state of the clock; the record is read and written.
pub fn clock_adjtime(clock: i32, timex: &mut Timex) -> Result<i32, Errno> {
    // SAFETY: a whole record.
    unsafe { sys!(SYS_clock_adjtime, clock, std::ptr::from_mut(timex)) }.map(|state| state as i32)
}

/// settimeofday(2): time, and minutes west of Greenwich with a kind of summer time.
pub fn settimeofday(time: Option<Timeval>, zone: Option<[i32; 2]>) -> Result<(), Errno> {
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let zone = zone.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: null or whole records.
    unsafe { sys!(SYS_settimeofday, time, zone) }.map(drop)
}

/// syslog(2). `len` is the buffer's, or a number for actions without one.
pub fn syslog(action: i32, to: Option<Dst<'_>>, len: i32) -> Result<usize, Errno> {
    let at = to.map_or(std::ptr::null_mut(), |to| to.as_ptr());
    // SAFETY: null, which the call refuses if it needs a buffer, or memory of this length that may
    // be written to.
    unsafe { sys!(interruptible: SYS_syslog, action, at, len) }
}
