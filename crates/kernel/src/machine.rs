//! Calls on the machine as a whole: its clock, the kernel's log, mounts, swap, accounting.
//!
//! The clock and the log are the host's, which decides who may touch them. What would change the
//! kernel under the guest is refused to everybody, as Linux refuses it to those without
//! capabilities: that kernel is elfuse, and the host's is not the guest's to reconfigure.

use abi::Errno;
use abi::process::{Timeval, Timex};
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, DirFd, Flags, Path};

/// `CLOCK_REALTIME`.
const REALTIME: i32 = 0;

/// adjtimex(2).
pub fn adjtimex(t: &mut Task, timex: UserPtr<Timex>) -> SysResult {
    clock_adjtime(t, REALTIME, timex)
}

/// clock_adjtime(2). The host checks everything.
pub fn clock_adjtime(t: &mut Task, clock: i32, at: UserPtr<Timex>) -> SysResult {
    let mut timex = at.read(t.space())?;
    let state = host::machine::clock_adjtime(clock, &mut timex)?;
    at.write(t.space(), &timex)?;
    Ok(state as u64)
}

/// settimeofday(2). The host checks whose right it is.
pub fn settimeofday(t: &mut Task, time: UserPtr<Timeval>, zone: UserPtr<[i32; 2]>) -> SysResult {
    let time = if time.is_null() { None } else { Some(time.read(t.space())?) };
    let zone = if zone.is_null() { None } else { Some(zone.read(t.space())?) };
    host::machine::settimeofday(time, zone).map(|()| 0)
}

/// The actions of syslog(2) that fill a buffer: `SYSLOG_ACTION_READ`, `READ_ALL`, `READ_CLEAR`.
const LOG_READS: std::ops::RangeInclusive<i32> = 2..=4;

/// syslog(2). The host checks whose right it is; for the actions without a buffer the length is a
/// number.
pub fn syslog(t: &mut Task, action: i32, to: Addr, len: i32) -> SysResult {
    let buffer = match u64::try_from(len) {
        Ok(len) if LOG_READS.contains(&action) && to.0 != 0 => {
            Some(UserSlice::new(to.0, len).as_dst(t.space())?)
        }
        _ => None,
    };
    host::machine::syslog(action, buffer, len).map(|result| result as u64)
}

/// Calls that are refused, with their parameters.
macro_rules! refused {
    ($($name:ident($($kind:ty),*);)*) => {$(
        #[doc = concat!(stringify!($name), "(2): `EPERM`.")]
        pub fn $name(_: &mut Task, $(_: $kind),*) -> SysResult {
            Err(Errno::EPERM)
        }
    )*};
}

refused! {
    mount(Addr, Path, Addr, u64, Addr);
    pivot_root(Path, Path);
    fsopen(Addr, Flags);
    fspick(DirFd, Path, Flags);
    swapon(Path, Flags);
    swapoff(Path);
    acct(Path);
    reboot(u32, u32, u32, Addr);
    setdomainname(Addr, u64);
    vhangup();
}
