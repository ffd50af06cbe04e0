//! futex(2): waiting on words of guest memory.
//!
//! The slab's pages are the host's own, shared with whomever the guest shares them, and guest threads
//! have the host's numbers. So the host's futexes do the waiting and waking, between processes, too,
//! and know the owners of locks with priority inheritance. What the host's kernel cannot follow is the
//! list of the locks that a thread holds, because its pointers are the guest's: see [`robust`].

use abi::Errno;
use abi::fs::Timespec;
use host::io::Dst;
use mem::{UserPtr, UserSlice};

use crate::syscall::arg::Addr;
use crate::syscall::{Restart, SysResult};
use crate::{Task, robust};

pub(crate) const WAIT: i32 = 0;
pub(crate) const WAKE: i32 = 1;
const REQUEUE: i32 = 3;
const CMP_REQUEUE: i32 = 4;
const WAKE_OP: i32 = 5;
pub(crate) const LOCK_PI: i32 = 6;
const UNLOCK_PI: i32 = 7;
pub(crate) const TRYLOCK_PI: i32 = 8;
pub(crate) const WAIT_BITSET: i32 = 9;
const WAKE_BITSET: i32 = 10;
const WAIT_REQUEUE_PI: i32 = 11;
const CMP_REQUEUE_PI: i32 = 12;
pub(crate) const LOCK_PI2: i32 = 13;
/// `FUTEX_PRIVATE_FLAG`.
const PRIVATE: i32 = 128;
/// `FUTEX_CLOCK_REALTIME`.
pub(crate) const REALTIME: i32 = 256;
const OPTIONS: i32 = PRIVATE | REALTIME;

/// futex(2). `time` is a timeout for the waiting operations and a number for the others. The host
/// checks which options go with which operation.
pub fn futex(
    t: &mut Task,
    word: Addr,
    operation: i32,
    value: u32,
    time: u64,
    second: Addr,
    value3: u32,
) -> SysResult {
    let command = operation & !OPTIONS;
    match command {
        WAIT | WAIT_BITSET | LOCK_PI | LOCK_PI2 | WAIT_REQUEUE_PI => {
            let timeout = timeout(t, UserPtr::new(time))?;
            let at = futex_word(t, word)?;
            if let Some(result) = robust::wait(t, word.0, operation, value, timeout, value3) {
                t.restart = timeout.map(|_| Restart::Never);
                return result.map(|()| 0);
            }
            let second =
                if command == WAIT_REQUEUE_PI { Some(futex_word(t, second)?) } else { None };
            let wait = || host::futex::wait(at, operation, value, timeout, second, value3);
            let result = robust::lock(t, word.0, operation, wait);
            t.restart = match command {
                LOCK_PI | LOCK_PI2 | WAIT_REQUEUE_PI => Some(Restart::Always),
                _ if timeout.is_some() => Some(Restart::Never),
                _ => None,
            };
            result.map(|()| 0)
        }
        WAKE | WAKE_BITSET | UNLOCK_PI | TRYLOCK_PI => {
            let at = futex_word(t, word)?;
            robust::lock(t, word.0, operation, || host::futex::wake(at, operation, value, value3))
        }
        REQUEUE | CMP_REQUEUE | CMP_REQUEUE_PI | WAKE_OP => {
            let (word, second) = (futex_word(t, word)?, futex_word(t, second)?);
            host::futex::wake_and(word, operation, value, time as u32, second, value3)
        }
        // `FUTEX_FD` is gone, and there are no more.
        _ => Err(Errno::ENOSYS),
    }
}

/// `struct futex_waitv`: value, word, flags (the upper half is reserved).
pub type Waiter = [u64; 3];

/// futex_waitv(2). The host checks the flags of the words.
pub fn futex_waitv(
    t: &mut Task,
    waiters: UserPtr<Waiter>,
    count: u32,
    flags: u32,
    time: UserPtr<Timespec>,
    clock: i32,
) -> SysResult {
    /// `FUTEX_WAITV_MAX`.
    const MAX: u32 = 128;
    if flags != 0 || !(1..=MAX).contains(&count) || waiters.is_null() {
        return Err(Errno::EINVAL);
    }
    let timeout = timeout(t, time)?;
    let words: Result<Vec<_>, Errno> =
        (0..count).map(|i| waiter(t, waiters.add(i.into())?)).collect();
    host::futex::wait_for_any(&words?, timeout, clock)
}

/// A word, the value that it is to have, and flags.
fn waiter(t: &Task, at: UserPtr<Waiter>) -> Result<(Dst<'_>, u64, u32), Errno> {
    let [value, word, flags] = at.read(t.space())?;
    if flags >> 32 != 0 {
        return Err(Errno::EINVAL);
    }
    Ok((futex_word(t, Addr(word))?, value, flags as u32))
}

/// futex_wait, of Linux 6.7, like those below. The host checks flags, values and masks.
pub fn futex_wait(
    t: &mut Task,
    word: Addr,
    value: u64,
    mask: u64,
    flags: u32,
    time: UserPtr<Timespec>,
    clock: i32,
) -> SysResult {
    let timeout = timeout(t, time)?;
    host::futex::wait2(futex_word(t, word)?, value, mask, flags, timeout, clock).map(|()| 0)
}

/// futex_wake.
pub fn futex_wake(t: &mut Task, word: Addr, mask: u64, count: i32, flags: u32) -> SysResult {
    host::futex::wake2(futex_word(t, word)?, mask, count, flags)
}

/// futex_requeue.
pub fn futex_requeue(
    t: &mut Task,
    waiters: UserPtr<Waiter>,
    flags: u32,
    wake: i32,
    requeue: i32,
) -> SysResult {
    if flags != 0 || waiters.is_null() {
        return Err(Errno::EINVAL);
    }
    let words = [waiter(t, waiters)?, waiter(t, waiters.add(1)?)?];
    host::futex::requeue2(words, wake, requeue)
}

/// An optional time: `EINVAL` if it is none.
fn timeout(t: &Task, at: UserPtr<Timespec>) -> Result<Option<Timespec>, Errno> {
    if at.is_null() {
        return Ok(None);
    }
    let time = at.read(t.space())?;
    if time.sec < 0 || !(0..1_000_000_000).contains(&time.nsec) {
        return Err(Errno::EINVAL);
    }
    Ok(Some(time))
}

/// The word at an address: `EINVAL` if unaligned, `EFAULT` outside the address space.
pub(crate) fn futex_word(t: &Task, addr: Addr) -> Result<Dst<'_>, Errno> {
    if !addr.0.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    UserSlice::new(addr.0, 4).as_dst(t.space())
}

/// The end of a thread for whoever waits for it: the word of `set_tid_address(2)`.
pub(crate) fn clear_and_wake(t: &Task, word: u64) {
    // As on Linux, it may be gone by now.
    if UserPtr::<i32>::new(word).write(t.space(), &0).is_ok() {
        let _ = robust::wake_one(t, word);
    }
}
