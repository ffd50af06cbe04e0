//! Scheduling policies (sched(7)). Guest threads are host threads, so the host's scheduler answers.

use abi::Errno;
use abi::fs::Timespec;
use host::process as host_process;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Flags};

/// sched_setparam(2).
pub fn sched_setparam(t: &mut Task, pid: i32, priority: UserPtr<i32>) -> SysResult {
    if priority.is_null() || pid < 0 {
        return Err(Errno::EINVAL);
    }
    host_process::sched_setparam(pid, priority.read(t.space())?).map(|()| 0)
}

/// sched_getparam(2).
pub fn sched_getparam(t: &mut Task, pid: i32, priority: UserPtr<i32>) -> SysResult {
    if priority.is_null() || pid < 0 {
        return Err(Errno::EINVAL);
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
        return Err(Errno::EINVAL);
    }
    host_process::sched_setscheduler(pid, policy, priority.read(t.space())?).map(|()| 0)
}

/// sched_getscheduler(2).
pub fn sched_getscheduler(_: &mut Task, pid: i32) -> SysResult {
    host_process::sched_getscheduler(pid).map(|policy| policy as u64)
}

/// The sizes of `struct sched_attr` in its first version (`SCHED_ATTR_SIZE_VER0`), and as it is known here,
/// with the clamps of utilisation.
const ATTRIBUTES: std::ops::RangeInclusive<u32> = 48..=56;
/// Larger ones are refused, whatever they consist of.
const PAGE: u32 = 4096;

/// sched_setattr(2). The host checks what the attributes are.
pub fn sched_setattr(t: &mut Task, pid: i32, attributes: Addr, flags: Flags) -> SysResult {
    if attributes.0 == 0 || pid < 0 || flags.0 != 0 {
        return Err(Errno::EINVAL);
    }
    let at = UserPtr::<u32>::new(attributes.0);
    let size = match at.read(t.space())? {
        // As programs did before there was a second version.
        0 => *ATTRIBUTES.start(),
        size => size,
    };
    if size < *ATTRIBUTES.start() || size > PAGE {
        return too_large(t, at);
    }
    let mut bytes =
        UserSlice::new(attributes.0, u64::from(size)).read_to_vec(t.space(), size as usize)?;
    let known = size.min(*ATTRIBUTES.end());
    if bytes.drain(known as usize..).any(|byte| byte != 0) {
        return too_large(t, at);
    }
    bytes[..4].copy_from_slice(&known.to_le_bytes());
    host_process::sched_setattr(pid, &bytes, flags.0).map(|()| 0)
}

/// Says how large the structure may be.
fn too_large(t: &Task, size: UserPtr<u32>) -> SysResult {
    size.write(t.space(), ATTRIBUTES.end())?;
    Err(Errno::E2BIG)
}

/// sched_getattr(2).
pub fn sched_getattr(
    t: &mut Task,
    pid: i32,
    attributes: Addr,
    size: u32,
    flags: Flags,
) -> SysResult {
    if attributes.0 == 0 || pid < 0 || !(*ATTRIBUTES.start()..=PAGE).contains(&size) || flags.0 != 0
    {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; *ATTRIBUTES.end() as usize];
    let bytes = &mut bytes[..size.min(*ATTRIBUTES.end()) as usize];
    host_process::sched_getattr(pid, bytes, flags.0)?;
    UserSlice::new(attributes.0, bytes.len() as u64).write_from(t.space(), bytes)?;
    Ok(0)
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
