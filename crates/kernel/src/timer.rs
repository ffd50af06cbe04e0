//! POSIX timers: timer_create(2) and relatives.
//!
//! Threads, clocks and signals are the host's, so its timers are the guest's, numbers and counts of
//! overruns included. Only execve(2), which deletes them, is ours: hence the list.

use abi::Errno;
use abi::fs::Timespec;
use abi::ipc::SigEvent;
use host::clock;
use host::sync::{Mutex, Rank};
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;

/// `struct itimerspec`: interval and next expiry.
pub type Itimerspec = [Timespec; 2];

/// The timers of a process.
#[derive(Debug)]
pub(crate) struct Timers(Mutex<Vec<i32>>);

impl Default for Timers {
    fn default() -> Self {
        Self(Mutex::new(Rank::Timers, Vec::new()))
    }
}

impl Timers {
    /// Deletes all of them, as execve(2) does.
    pub(crate) fn delete_all(&self) {
        for timer in self.0.lock().drain(..) {
            // It was there a moment ago.
            let _ = clock::timer_delete(timer);
        }
    }

    /// In the child of a fork, which inherits none.
    pub(crate) fn forget_all(&self) {
        self.0.lock().clear();
    }

    /// Calls `fork` while no other thread makes or deletes one.
    pub(crate) fn still<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _timers = self.0.lock();
        fork()
    }
}

/// timer_create(2). The host checks clock and event.
pub fn timer_create(
    t: &mut Task,
    clock: i32,
    event: UserPtr<SigEvent>,
    timer: UserPtr<i32>,
) -> SysResult {
    let event = if event.is_null() { None } else { Some(event.read(t.space())?) };
    let mut timers = t.process.timers.0.lock();
    let id = clock::timer_create(clock, event.as_ref())?;
    if timer.write(t.space(), &id).is_err() {
        let _ = clock::timer_delete(id);
        return Err(Errno::EFAULT);
    }
    timers.push(id);
    Ok(0)
}

/// timer_delete(2).
pub fn timer_delete(t: &mut Task, timer: i32) -> SysResult {
    let mut timers = t.process.timers.0.lock();
    clock::timer_delete(timer)?;
    timers.retain(|other| *other != timer);
    Ok(0)
}

/// timer_settime(2).
pub fn timer_settime(
    t: &mut Task,
    timer: i32,
    flags: i32,
    new: UserPtr<Itimerspec>,
    old: UserPtr<Itimerspec>,
) -> SysResult {
    if new.is_null() {
        return Err(Errno::EINVAL);
    }
    let previous = clock::timer_settime(timer, flags, &new.read(t.space())?)?;
    if !old.is_null() {
        old.write(t.space(), &previous)?;
    }
    Ok(0)
}

/// timer_gettime(2).
pub fn timer_gettime(t: &mut Task, timer: i32, value: UserPtr<Itimerspec>) -> SysResult {
    value.write(t.space(), &clock::timer_gettime(timer)?)?;
    Ok(0)
}

/// timer_getoverrun(2).
pub fn timer_getoverrun(_: &mut Task, timer: i32) -> SysResult {
    clock::timer_getoverrun(timer).map(|count| count as u64)
}
