//! futex(2): waiting on words of guest memory.
//!
//! The slab's pages are the host's own, shared with whomever the guest shares them, so the host's
//! futexes do the waiting and waking, between processes, too. Operations that store thread ids in
//! the word (priority inheritance) are refused with `ENOSYS`.

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
    t.robust_list = head.0;
    Ok(0)
}

/// get_robust_list(2), for the calling thread.
pub fn get_robust_list(
    t: &mut Task,
    pid: i32,
    head: UserPtr<u64>,
    size: UserPtr<u64>,
) -> SysResult {
    if pid != 0 && pid != host::process::gettid() {
        return Err(Errno::ESRCH);
    }
    size.write(t.space(), &24)?;
    head.write(t.space(), &t.robust_list)?;
    Ok(0)
}
