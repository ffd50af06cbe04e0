//! futex(2): waiting on words of guest memory.
//!
//! The slab's pages are the host's own, shared with whomever the guest shares them, and guest threads
//! have the host's numbers. So the host's futexes do the waiting and waking, between processes, too,
//! and know the owners of locks with priority inheritance. What the host's kernel cannot follow is the
//! list of the locks that a thread holds, because its pointers are the guest's: see
//! [`exit_robust_list`].

use std::sync::atomic::Ordering;

use abi::Errno;
use abi::fs::Timespec;
use host::io::Dst;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::syscall::arg::Addr;
use crate::syscall::{Restart, SysResult};

const WAIT: i32 = 0;
const WAKE: i32 = 1;
const REQUEUE: i32 = 3;
const CMP_REQUEUE: i32 = 4;
const WAKE_OP: i32 = 5;
const LOCK_PI: i32 = 6;
const UNLOCK_PI: i32 = 7;
const TRYLOCK_PI: i32 = 8;
const WAIT_BITSET: i32 = 9;
const WAKE_BITSET: i32 = 10;
const WAIT_REQUEUE_PI: i32 = 11;
const CMP_REQUEUE_PI: i32 = 12;
const LOCK_PI2: i32 = 13;
/// `FUTEX_PRIVATE_FLAG` and `FUTEX_CLOCK_REALTIME`.
const OPTIONS: i32 = 128 | 256;

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
            let second =
                if command == WAIT_REQUEUE_PI { Some(futex_word(t, second)?) } else { None };
            let result = host::futex::wait(at, operation, value, timeout, second, value3);
            t.restart = match command {
                LOCK_PI | LOCK_PI2 | WAIT_REQUEUE_PI => Some(Restart::Always),
                _ if timeout.is_some() => Some(Restart::Never),
                _ => None,
            };
            result.map(|()| 0)
        }
        WAKE | WAKE_BITSET | UNLOCK_PI | TRYLOCK_PI => {
            host::futex::wake(futex_word(t, word)?, operation, value, value3)
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
fn futex_word(t: &Task, addr: Addr) -> Result<Dst<'_>, Errno> {
    if !addr.0.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    UserSlice::new(addr.0, 4).as_dst(t.space())
}

/// set_robust_list(2): the list is walked when a thread that holds such locks dies.
pub fn set_robust_list(t: &mut Task, head: Addr, size: u64) -> SysResult {
    /// `sizeof(struct robust_list_head)`.
    const HEAD_SIZE: u64 = 24;
    if size != HEAD_SIZE {
        return Err(Errno::EINVAL);
    }
    t.thread.robust_list.store(head.0, Ordering::Relaxed);
    Ok(0)
}

/// get_robust_list(2), for the threads of the calling process.
pub fn get_robust_list(
    t: &mut Task,
    pid: i32,
    head: UserPtr<u64>,
    size: UserPtr<u64>,
) -> SysResult {
    let thread = match pid {
        0 => t.thread.clone(),
        tid => t.process.threads.get(tid).ok_or(Errno::ESRCH)?,
    };
    size.write(t.space(), &24)?;
    head.write(t.space(), &thread.robust_list.load(Ordering::Relaxed))?;
    Ok(0)
}

/// `FUTEX_WAITERS`, `FUTEX_OWNER_DIED` and `FUTEX_TID_MASK`: the parts of a lock's word.
const WAITERS: u32 = 1 << 31;
const OWNER_DIED: u32 = 1 << 30;
const TID: u32 = OWNER_DIED - 1;

/// `struct robust_list_head`: the first lock, where in a lock its word is, and the lock that is just
/// being taken or given back.
type RobustHead = [u64; 3];

/// Whether a thread other than the caller holds locks that are to be released when it dies.
pub(crate) fn others_hold_locks(t: &Task) -> bool {
    t.process.threads.all().iter().filter(|thread| thread.handle.tid() != t.tid()).any(|thread| {
        let at = thread.robust_list.load(Ordering::Relaxed);
        let head = UserPtr::<RobustHead>::new(at).read(t.space());
        at != 0 && head.is_ok_and(|[first, _, pending]| first != at || pending != 0)
    })
}

/// What the death of a thread does to the locks that it holds (`exit_robust_list()`): their words
/// say that the owner died, and someone who waits is woken. The list is the guest's, and may be
/// anything.
pub(crate) fn exit_robust_list(t: &Task) {
    /// `ROBUST_LIST_LIMIT`.
    const LIMIT: usize = 2048;
    let at = t.thread.robust_list.swap(0, Ordering::Relaxed);
    if at == 0 {
        return;
    }
    let Ok([mut entry, offset, pending]) = UserPtr::<RobustHead>::new(at).read(t.space()) else {
        return;
    };
    for _ in 0..LIMIT {
        let lock = entry & !1;
        if lock == at {
            break;
        }
        // Read first: the lock may be gone as soon as it is released.
        let next = UserPtr::<u64>::new(lock).read(t.space());
        if lock != pending & !1 && release_dead(t, lock.wrapping_add(offset), entry, false).is_err()
        {
            return;
        }
        match next {
            Ok(next) => entry = next,
            Err(_) => return,
        }
    }
    if pending & !1 != 0 {
        let _ = release_dead(t, (pending & !1).wrapping_add(offset), pending, true);
    }
}

/// Marks the lock at `word` if the calling thread holds it (`handle_futex_death()`). The lowest bit
/// of `entry` tells a lock with priority inheritance, whose next owner the host's kernel finds.
fn release_dead(t: &Task, word: u64, entry: u64, pending: bool) -> Result<(), Errno> {
    let inherits = entry & 1 != 0;
    if !word.is_multiple_of(4) {
        return Err(Errno::EINVAL);
    }
    let slab = t.space().slab();
    let mut value = slab.load::<u32>(word).map_err(|_| Errno::EFAULT)?;
    loop {
        if pending && !inherits && value == 0 {
            // It was given back, but perhaps nobody was told.
            return wake_one(t, word);
        }
        if value & TID != t.tid() as u32 {
            return Ok(());
        }
        let dead = value & WAITERS | OWNER_DIED;
        match slab.compare_exchange(word, value, dead).map_err(|_| Errno::EFAULT)? {
            found if found == value => break,
            found => value = found,
        }
    }
    if value & WAITERS != 0 && !inherits { wake_one(t, word) } else { Ok(()) }
}

/// Wakes one thread of any process.
fn wake_one(t: &Task, word: u64) -> Result<(), Errno> {
    host::futex::wake(futex_word(t, Addr(word))?, WAKE, 1, 0).map(drop)
}

/// The end of a thread for whoever waits for it: the word of `set_tid_address(2)`.
pub(crate) fn clear_and_wake(t: &Task, word: u64) {
    // As on Linux, it may be gone by now.
    if UserPtr::<i32>::new(word).write(t.space(), &0).is_ok() {
        let _ = wake_one(t, word);
    }
}
