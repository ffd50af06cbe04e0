//! Locks that outlive their owners: the list of those that a thread holds, its end, and who waits for what a dead
//! thread held (Documentation/locking/robust-futexes.rst).
//!
//! The list is made of guest pointers, so the host's kernel cannot walk it when it ends a thread. [`exit_robust_list`]
//! does, for every end that is the guest's own doing. A process that a signal from outside kills leaves its locks as they
//! are; of these, *who waits* finds out that the owner is no more. It is certain that the word is such a lock because
//! the waiter has announced it in its own list as the one that it is about to take, as glibc does. It is certain that
//! the owner is dead if it was seen alive before, or if the number cannot be one of another PID namespace.
//!
//! Rejected, and why: docs/internals/futex.md.

use std::sync::atomic::Ordering;

use abi::Errno;
use abi::fs::Timespec;
use mem::{UserPtr, VmaFlags};

use crate::Task;
use crate::futex::{LOCK_PI, LOCK_PI2, REALTIME, TRYLOCK_PI, WAIT, WAIT_BITSET, WAKE, futex_word};
use crate::syscall::SysResult;
use crate::syscall::arg::Addr;

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
pub(crate) fn wake_one(t: &Task, word: u64) -> Result<(), Errno> {
    host::futex::wake(futex_word(t, Addr(word))?, WAKE, 1, 0).map(drop)
}

/// Whether the calling thread is about to take the lock at `word`, which others may share: so says its list.
fn is_wanted(t: &Task, word: u64, inherits: bool) -> bool {
    let at = t.thread.robust_list.load(Ordering::Relaxed);
    let head = UserPtr::<RobustHead>::new(at).read(t.space());
    at != 0
        && head.is_ok_and(|[_, offset, pending]| {
            pending & !1 != 0
                && (pending & !1).wrapping_add(offset) == word
                && (pending & 1 != 0) == inherits
        })
        && t.space().lookup(word).is_some_and(|vma| vma.flags.contains(VmaFlags::SHARED))
}

/// Marks the lock at `word`, in which `value` was seen, if its owner is dead: `dead` tells. Whether it did.
fn bury(t: &Task, word: u64, value: u32, dead: impl FnOnce(i32) -> bool) -> Result<bool, Errno> {
    if value & TID == 0 || !dead((value & TID) as i32) {
        return Ok(false);
    }
    let marked = value & WAITERS | OWNER_DIED;
    let found = t.space().slab().compare_exchange(word, value, marked);
    Ok(found.map_err(|_| Errno::EFAULT)? == value)
}

/// How long the first look at the owner of a lock is put off, in nanoseconds. Most locks are given back before.
const FIRST_LOOK: i64 = 10_000_000;
/// The longest time between two looks.
const LAST_LOOK: i64 = 1_000_000_000;

/// `FUTEX_WAIT` and `FUTEX_WAIT_BITSET` on a robust lock that processes share, whose owner may be killed meanwhile.
/// `None` if it is not known to be one: then the host's wait is all there is to it.
pub(crate) fn wait(
    t: &Task,
    word: u64,
    operation: i32,
    value: u32,
    timeout: Option<Timespec>,
    mask: u32,
) -> Option<Result<(), Errno>> {
    let (is_point, mask) = match operation & !REALTIME {
        WAIT if operation == WAIT => (false, u32::MAX),
        WAIT_BITSET if mask != 0 => (true, mask),
        _ => return None,
    };
    if !is_wanted(t, word, false) {
        return None;
    }
    let clock = if operation & REALTIME != 0 { CLOCK_REALTIME } else { CLOCK_MONOTONIC };
    Some(now(clock).and_then(|now| {
        let until = timeout.map(|time| if is_point { time } else { sum(now, time) });
        let operation = WAIT_BITSET | operation & REALTIME;
        Wait { word, operation, value, mask, clock, until }.run(t)
    }))
}

/// `CLOCK_REALTIME` and `CLOCK_MONOTONIC`.
const CLOCK_REALTIME: i32 = 0;
const CLOCK_MONOTONIC: i32 = 1;

fn now(clock: i32) -> Result<Timespec, Errno> {
    host::clock::gettime(clock)
}

fn sum(one: Timespec, other: Timespec) -> Timespec {
    /// Nanoseconds in a second.
    const SECOND: i64 = 1_000_000_000;
    let nsec = one.nsec + other.nsec;
    let sec = one.sec.saturating_add(other.sec).saturating_add(nsec / SECOND);
    Timespec { sec, nsec: nsec % SECOND }
}

/// A wait for a robust lock.
struct Wait {
    word: u64,
    operation: i32,
    value: u32,
    mask: u32,
    clock: i32,
    /// A point in time.
    until: Option<Timespec>,
}

impl Wait {
    /// Waits in pieces, and looks at the owner after each. Whatever happens between two of them changes the
    /// word, as the protocol of these locks has it, and is seen by the host's next wait. A lock whose owner is found
    /// dead is one that has changed before anybody slept: `EAGAIN`.
    fn run(&self, t: &Task) -> Result<(), Errno> {
        let mut pause = FIRST_LOOK;
        let mut was_alive = false;
        loop {
            let piece = sum(now(self.clock)?, Timespec { sec: 0, nsec: pause });
            let order = |time: Timespec| (time.sec, time.nsec);
            let last = self.until.filter(|until| order(*until) <= order(piece));
            let at = futex_word(t, Addr(self.word))?;
            let until = Some(last.unwrap_or(piece));
            match host::futex::wait(at, self.operation, self.value, until, None, self.mask) {
                Err(Errno::ETIMEDOUT) => {}
                result => return result,
            }
            if bury(t, self.word, self.value, |owner| self.is_dead(t, owner, &mut was_alive))? {
                wake_one(t, self.word)?;
                return Err(Errno::EAGAIN);
            }
            if last.is_some() {
                return Err(Errno::ETIMEDOUT);
            }
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    /// Whether nobody is `owner` any more. Who shares the memory may live in another PID namespace, where a number means
    /// somebody else; but not a child of ours, and nobody else can have anonymous memory.
    fn is_dead(&self, t: &Task, owner: i32, was_alive: &mut bool) -> bool {
        let Ok(has_ended) = host::futex::has_ended(owner, false) else { return false };
        if !has_ended {
            *was_alive = true;
            return false;
        }
        let is_ours = || {
            let object = t.space().lookup(self.word).and_then(|vma| vma.object);
            object.is_some_and(|object| object.is_anonymous())
        };
        *was_alive || is_ours() || host::futex::has_ended(owner, true) == Ok(true)
    }
}

/// Calls `lock`, an operation on a word. A lock with priority inheritance of which the host's kernel says that its
/// owner is nobody, which it does not of those that its own list has, is marked, and tried again.
pub(crate) fn lock<T>(
    t: &Task,
    word: u64,
    operation: i32,
    lock: impl Fn() -> Result<T, Errno>,
) -> Result<T, Errno> {
    let result = lock();
    let locks = matches!(operation & !REALTIME, LOCK_PI | LOCK_PI2 | TRYLOCK_PI);
    if locks && matches!(result, Err(Errno::ESRCH)) && is_wanted(t, word, true) {
        let value = t.space().slab().load::<u32>(word).map_err(|_| Errno::EFAULT)?;
        // Numbers in them are the host's kernel's affair, and of one PID namespace therefore.
        if bury(t, word, value, |owner| host::futex::has_ended(owner, false) == Ok(true))? {
            return lock();
        }
    }
    result
}
