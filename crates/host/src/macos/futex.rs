//! futex(2), which this host lacks.

use abi::Errno;
use abi::fs::Timespec;

use crate::io::Dst;

not_here! {
    wait(
        word: Dst<'_>,
        operation: i32,
        value: u32,
        timeout: Option<Timespec>,
        second: Option<Dst<'_>>,
        bits: u32,
    ) -> () = FUTEX;
    wait_for_any(
        words: &[(Dst<'_>, u64, u32)],
        timeout: Option<Timespec>,
        clock: i32,
    ) -> u64 = FUTEX;
    wake(word: Dst<'_>, operation: i32, count: u32, bits: u32) -> u64 = FUTEX;
    wake_and(
        word: Dst<'_>,
        operation: i32,
        count: u32,
        second_count: u32,
        second: Dst<'_>,
        value3: u32,
    ) -> u64 = FUTEX;
    wait2(
        word: Dst<'_>,
        value: u64,
        mask: u64,
        flags: u32,
        timeout: Option<Timespec>,
        clock: i32,
    ) -> () = FUTEX;
    wake2(word: Dst<'_>, mask: u64, count: i32, flags: u32) -> u64 = FUTEX;
    requeue2(words: [(Dst<'_>, u64, u32); 2], wake: i32, requeue: i32) -> u64 = FUTEX;
    has_ended(tid: i32, everywhere: bool) -> bool = FUTEX;
}
