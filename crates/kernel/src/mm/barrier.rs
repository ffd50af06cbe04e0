//! membarrier(2).
//!
//! Guest threads are host threads, so the host's barrier between them is the guest's. What belongs to
//! restartable sequences is not offered: there are none here, as in a kernel built without them.

use abi::Errno;
use abi::mm::membarrier as cmd;

use crate::Task;
use crate::syscall::SysResult;

/// membarrier(2).
pub fn membarrier(_: &mut Task, command: i32, flags: u32, cpu: i32) -> SysResult {
    let sequences = cmd::PRIVATE_EXPEDITED_RSEQ | cmd::REGISTER_PRIVATE_EXPEDITED_RSEQ;
    if command & sequences != 0 {
        return Err(Errno::EINVAL);
    }
    let result = host::process::membarrier(command, flags, cpu)?;
    Ok(if command == cmd::QUERY { result & !(sequences as u64) } else { result })
}
