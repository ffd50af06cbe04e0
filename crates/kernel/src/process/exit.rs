//! exit(2) and exit_group(2).

use crate::Task;
use crate::syscall::SysResult;
use crate::task::Death;

/// exit_group(2).
pub fn exit_group(t: &mut Task, status: i32) -> SysResult {
    t.die(Death::Exited(status));
    Ok(0)
}

/// exit(2): ends the thread, and with the last thread the process.
pub fn exit(t: &mut Task, status: i32) -> SysResult {
    exit_group(t, status)
}
