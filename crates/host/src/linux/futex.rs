//! futex(2) on words that are not Rust's. The word is given as a buffer of four bytes.

use std::path::Path;

use abi::Errno;
use abi::fs::Timespec;

use super::syscall::{interruptible, sys, syscall};
use crate::io::Dst;
use crate::process::tkill;

/// The operations that may sleep: `FUTEX_WAIT`, `FUTEX_WAIT_BITSET`, `FUTEX_LOCK_PI`,
/// `FUTEX_LOCK_PI2` and, with a second word, `FUTEX_WAIT_REQUEUE_PI`.
pub fn wait(
    word: Dst<'_>,
    operation: i32,
    value: u32,
    timeout: Option<Timespec>,
    second: Option<Dst<'_>>,
    bits: u32,
) -> Result<(), Errno> {
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let second = second.map_or(std::ptr::null_mut(), |second| second.as_ptr());
    // SAFETY: the kernel reads and may change the two words; a valid or null time.
    unsafe {
        sys!(interruptible: SYS_futex, word.as_ptr(), operation, value, timeout, second, bits)
            .map(drop)
    }
}

/// `struct futex_waitv`.
#[repr(C)]
struct Waiter {
    value: u64,
    word: u64,
    flags: u32,
    reserved: u32,
}

impl Waiter {
    fn new(&(word, value, flags): &(Dst<'_>, u64, u32)) -> Self {
        Self { value, word: word.as_ptr() as u64, flags, reserved: 0 }
    }
}

/// futex_waitv(2): the number of the word that was woken. The clock is the one of the timeout.
pub fn wait_for_any(
    words: &[(Dst<'_>, u64, u32)],
    timeout: Option<Timespec>,
    clock: i32,
) -> Result<u64, Errno> {
    let waiters: Vec<_> = words.iter().map(Waiter::new).collect();
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: whole records of words that the kernel reads; a valid or null time.
    unsafe {
        sys!(
            interruptible: SYS_futex_waitv,
            waiters.as_ptr(), waiters.len(), 0, timeout, clock
        )
        .map(|woken| woken as u64)
    }
}

/// The operations on one word that do not sleep: `FUTEX_WAKE`, `FUTEX_WAKE_BITSET`,
/// `FUTEX_TRYLOCK_PI`, `FUTEX_UNLOCK_PI`. How many were woken.
pub fn wake(word: Dst<'_>, operation: i32, count: u32, bits: u32) -> Result<u64, Errno> {
    // SAFETY: the kernel reads and may change the word.
    unsafe { sys!(SYS_futex, word.as_ptr(), operation, count, 0, 0, bits) }.map(|n| n as u64)
}

/// The operations on two words: `FUTEX_REQUEUE`, `FUTEX_CMP_REQUEUE`, `FUTEX_CMP_REQUEUE_PI`,
/// `FUTEX_WAKE_OP`.
pub fn wake_and(
    word: Dst<'_>,
    operation: i32,
    count: u32,
    second_count: u32,
    second: Dst<'_>,
    value3: u32,
) -> Result<u64, Errno> {
    // SAFETY: the kernel reads and may change the two words.
    unsafe {
        sys!(SYS_futex, word.as_ptr(), operation, count, second_count, second.as_ptr(), value3)
            .map(|n| n as u64)
    }
}

/// futex_wait (since Linux 6.7): until `mask` and that of a wake have a bit in common, or a point in time by `clock`.
pub fn wait2(
    word: Dst<'_>,
    value: u64,
    mask: u64,
    flags: u32,
    timeout: Option<Timespec>,
    clock: i32,
) -> Result<(), Errno> {
    // The libc crate does not have these three yet; each has one number on all architectures.
    const SYS_FUTEX_WAIT: libc::c_long = 455;
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let args = [
        word.as_ptr() as usize,
        value as usize,
        mask as usize,
        flags as usize,
        timeout as usize,
        clock as usize,
    ];
    // SAFETY: the kernel reads the word; a valid or null time.
    unsafe { interruptible(SYS_FUTEX_WAIT, args) }.map(drop)
}

/// futex_wake (since Linux 6.7): how many were woken.
pub fn wake2(word: Dst<'_>, mask: u64, count: i32, flags: u32) -> Result<u64, Errno> {
    const SYS_FUTEX_WAKE: libc::c_long = 454;
    let args = [word.as_ptr() as usize, mask as usize, count as usize, flags as usize, 0, 0];
    // SAFETY: the kernel looks at who waits for the word.
    unsafe { syscall(SYS_FUTEX_WAKE, args) }.map(|woken| woken as u64)
}

/// futex_requeue (since Linux 6.7): how many that waited for the first word were woken, or wait for the second one now.
pub fn requeue2(words: [(Dst<'_>, u64, u32); 2], wake: i32, requeue: i32) -> Result<u64, Errno> {
    const SYS_FUTEX_REQUEUE: libc::c_long = 456;
    let waiters = [Waiter::new(&words[0]), Waiter::new(&words[1])];
    let args = [waiters.as_ptr() as usize, 0, wake as usize, requeue as usize, 0, 0];
    // SAFETY: whole records of words, the first of which the kernel reads.
    unsafe { syscall(SYS_FUTEX_REQUEUE, args) }.map(|count| count as u64)
}

/// Whether the thread `tid` has ended: there is none, or it is a zombie. With `everywhere`, whether no thread on
/// this machine calls itself so, in any PID namespace; `false` if that cannot be told.
pub fn has_ended(tid: i32, everywhere: bool) -> Result<bool, Errno> {
    let state = std::fs::read_to_string(format!("/proc/{tid}/stat")).unwrap_or_default();
    // Behind the name, which may hold spaces and parentheses (proc(5)).
    let state = state.rsplit(") ").next().and_then(|fields| fields.chars().next());
    let has_ended = tkill(tid, 0) == Err(Errno::ESRCH) || matches!(state, Some('Z' | 'X'));
    Ok(has_ended && (!everywhere || !may_be_elsewhere(tid)))
}

/// Whether a thread of another PID namespace may call itself `tid`. From the first namespace all others are seen, and
/// `NSpid` of `/proc/PID/status` (proc(5)) tells what each thread calls itself.
fn may_be_elsewhere(tid: i32) -> bool {
    /// `PROC_PID_INIT_INO` (linux/proc_ns.h).
    const FIRST: &str = "pid:[4026531836]";
    let names = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
        line.split_whitespace().map(|number| number.parse().ok()).collect::<Option<Vec<i32>>>()
    };
    let is_first = std::fs::read_link("/proc/self/ns/pid").is_ok_and(|ns| ns.as_os_str() == FIRST);
    // Where the processes of others are hidden (`hidepid`), the first one is.
    let sees_all = std::fs::read_to_string("/proc/1/status").is_ok_and(|s| names(s).is_some());
    if !is_first || !sees_all {
        return true;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    let is_foreign = |path: &Path| {
        // What has ended by now has no status.
        let status = std::fs::read_to_string(path.join("status")).ok();
        status.and_then(names).filter(|names| names.len() > 1)
    };
    processes.flatten().map(|entry| entry.path()).filter(|path| is_foreign(path).is_some()).any(
        |path| {
            let threads = std::fs::read_dir(path.join("task"));
            threads.into_iter().flatten().flatten().any(|thread| {
                is_foreign(&thread.path()).is_some_and(|names| names.last() == Some(&tid))
            })
        },
    )
}
