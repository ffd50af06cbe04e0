//! kcmp(2): whether two processes share something. They are host processes, and share on the host what they share
//! here; only descriptors have other numbers there.

use std::os::fd::AsRawFd;

use abi::Errno;

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::Fd;

/// `KCMP_FILE`: two descriptors.
const FILE: i32 = 0;
/// `KCMP_VM`.
const MEMORY: i32 = 1;
/// `KCMP_EPOLL_TFD`: what an epoll set watches, and a descriptor.
const EPOLL_TARGET: i32 = 7;

/// kcmp(2). Descriptors of another process mean what its own table says, which nobody else can read: the answer is
/// that to one who may not look into it. What epoll sets watch is not compared, as by a kernel that has none.
pub fn kcmp(t: &mut Task, first: i32, second: i32, kind: i32, one: u64, other: u64) -> SysResult {
    let numbers = match kind {
        FILE => {
            let host = |pid, number: u64| {
                if pid != host::process::getpid() && t.process.threads.get(pid).is_none() {
                    // That there is no such process comes first.
                    host::process::kcmp([pid, pid], MEMORY, [0; 2])?;
                    return Err(Errno::EPERM);
                }
                let number = i32::try_from(number).map_err(|_| Errno::EBADF)?;
                Ok(t.file(Fd(number))?.host().as_raw_fd() as u64)
            };
            [host(first, one)?, host(second, other)?]
        }
        EPOLL_TARGET => return Err(Errno::EOPNOTSUPP),
        _ => [0; 2],
    };
    host::process::kcmp([first, second], kind, numbers)
}
