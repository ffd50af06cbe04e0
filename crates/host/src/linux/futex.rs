//! futex(2) on words that are not Rust's. The word is given as a buffer of four bytes.

use abi::Errno;
use abi::fs::Timespec;

use super::syscall::sys;
use crate::io::Dst;

/// `FUTEX_WAIT` or `FUTEX_WAIT_BITSET`.
pub fn wait(
    word: Dst<'_>,
    operation: i32,
    value: u32,
    timeout: Option<Timespec>,
    bits: u32,
) -> Result<(), Errno> {
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the kernel reads the word; a valid or null time.
    unsafe {
        sys!(interruptible: SYS_futex, word.as_ptr(), operation, value, timeout, 0, bits).map(drop)
    }
}

/// `FUTEX_WAKE` or `FUTEX_WAKE_BITSET`: how many were woken.
pub fn wake(word: Dst<'_>, operation: i32, count: u32, bits: u32) -> Result<u64, Errno> {
    // SAFETY: the word is only a key.
    unsafe { sys!(SYS_futex, word.as_ptr(), operation, count, 0, 0, bits) }.map(|n| n as u64)
}

/// The operations on two words: `FUTEX_REQUEUE`, `FUTEX_CMP_REQUEUE`, `FUTEX_WAKE_OP`.
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
