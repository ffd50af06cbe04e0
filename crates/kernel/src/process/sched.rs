//! Scheduling policies (sched(7)). Guest threads are host threads, so the host's scheduler answers.

use abi::fs::Timespec;
use host::process as host_process;
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;

/// sched_setparam(2).
pub fn sched_setparam(t: &mut Task, pid: i32, priority: UserPtr<i32>) -> SysResult {
    if priority.is_null() || pid < 0 {
        return Err(abi::Errno::EINVAL);
    }
    host_process::sched_setparam(pid, priority.read(t.space())?).map(|()| 0)
}

/// sched_getparam(2).
pub fn sched_getparam(t: &mut Task, pid: i32, priority: UserPtr<i32>) -> SysResult {
    if priority.is_null() || pid < 0 {
        return Err(abi::Errno::EINVAL);
    }
    priority.write(t.space(), &host_process::sched_getparam(pid)?)?;
    Ok(0)
}

/// sched_setscheduler(2).
pub fn sched_setscheduler(
    t: &mut Task,
    pid: i32,
    policy: i32,
    priority: UserPtr<i32>,
) -> SysResult {
    if priority.is_null() || pid < 0 || policy < 0 {
        return Err(abi::Errno::EINVAL);
    }
    host_process::sched_setscheduler(pid, policy, priority.read(t.space())?).map(|()| 0)
}

/// sched_getscheduler(2).
pub fn sched_getscheduler(_: &mut Task, pid: i32) -> SysResult {
    host_process::sched_getscheduler(pid).map(|policy| policy as u64)
}

/// sched_get_priority_max(2).
pub fn sched_get_priority_max(_: &mut Task, policy: i32) -> SysResult {
    host_process::sched_priority_range(policy).map(|range| *range.end() as u64)
}

/// sched_get_priority_min(2).
pub fn sched_get_priority_min(_: &mut Task, policy: i32) -> SysResult {
    host_process::sched_priority_range(policy).map(|range| *range.start() as u64)
}

/// sched_rr_get_interval(2).
pub fn sched_rr_get_interval(t: &mut Task, pid: i32, to: UserPtr<Timespec>) -> SysResult {
    to.write(t.space(), &host_process::sched_rr_get_interval(pid)?)?;
    Ok(0)
}
