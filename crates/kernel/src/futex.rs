//! futex(2): waiting on words of guest memory.
//!
//! The slab's pages are the host's own, shared with whomever the guest shares them, so the host's
//! futexes do the waiting and waking, between processes, too. Operations that store thread ids in
//! the word (priority inheritance) are refused with `ENOSYS`.

use std::sync::atomic::Ordering;

use abi::Errno;
use abi::fs::Timespec;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::Addr;

const WAIT: i32 = 0;
const WAKE: i32 = 1;
const REQUEUE: i32 = 3;
const CMP_REQUEUE: i32 = 4;
const WAKE_OP: i32 = 5;
const WAIT_BITSET: i32 = 9;
const WAKE_BITSET: i32 = 10;
/// `FUTEX_PRIVATE_FLAG` and `FUTEX_CLOCK_REALTIME`.
const OPTIONS: i32 = 128 | 256;

/// futex(2). `time` is a timeout for the waiting operations and a number for the others.
pub fn futex(
    t: &mut Task,
    word: Addr,
    operation: i32,
    value: u32,
    time: u64,
    second: Addr,
    value3: u32,
) -> SysResult {
    let word = futex_word(t, word)?;
    match operation & !OPTIONS {
        WAIT | WAIT_BITSET => {
            let at = UserPtr::<Timespec>::new(time);
            let timeout = if at.is_null() { None } else { Some(at.read(t.space())?) };
            host::futex::wait(word, operation, value, timeout, value3).map(|()| 0)
        }
        WAKE | WAKE_BITSET => host::futex::wake(word, operation, value, value3),
        REQUEUE | CMP_REQUEUE | WAKE_OP => {
            let second = futex_word(t, second)?;
            host::futex::wake_and(word, operation, value, time as u32, second, value3)
        }
        _ => Err(Errno::ENOSYS),
    }
}

/// The word at an address: `EINVAL` if unaligned, `EFAULT` outside the address space.
fn futex_word(t: &Task, addr: Addr) -> Result<host::io::Dst<'_>, Errno> {
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
