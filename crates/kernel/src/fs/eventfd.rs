//! eventfd(2): a counter that is read, written and polled as a file.
//!
//! The host's own, so that it works between processes and beside every other descriptor in one
//! poll; a counter of ours would have to imitate both.

use abi::Errno;
use abi::fs::o;

use super::File;
use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::OpenFlags;

/// `EFD_SEMAPHORE`: reads take one from the counter instead of all.
const SEMAPHORE: u32 = 1;

/// eventfd2(2). Its other flags are those of open(2).
pub fn eventfd2(t: &mut Task, initial: u32, flags: OpenFlags) -> SysResult {
    if flags.0 & !(SEMAPHORE | o::CLOEXEC | o::NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let file = File::new(host::fs::eventfd(initial, flags.0)?);
    t.install(file, flags.0 & o::CLOEXEC != 0)
}
