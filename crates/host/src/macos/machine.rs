//! The clock's rate and setting, and the kernel's log: not here.

use abi::Errno;
use abi::process::{Timeval, Timex};

use crate::io::Dst;

not_here! {
    clock_adjtime(clock: i32, timex: &mut Timex) -> i32 = MACHINE;
    settimeofday(time: Option<Timeval>, zone: Option<[i32; 2]>) -> () = MACHINE;
    syslog(action: i32, to: Option<Dst<'_>>, len: i32) -> usize = MACHINE;
}
