//! Resource limits: getrlimit(2), setrlimit(2), prlimit(2).
//!
//! The host enforces them, except for the number of descriptors: the runtime needs some of its
//! own, so that the guest's limit is kept in its table of files.

use abi::Errno;
use abi::process::{Rlimit, rlimit};
use host::process as host_process;
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;

/// RLIMIT_STACK, within reason for an address space of any size.
pub(crate) fn stack() -> u64 {
    /// As on Linux, where an unlimited stack may take what is below the mappings.
    const MOST: u64 = 1 << 30;
    host_process::prlimit(0, rlimit::STACK, None).map_or(8 << 20, |limit| limit.current.min(MOST))
}

/// RLIMIT_DATA, which bounds the heap.
pub(crate) fn data() -> u64 {
    host_process::prlimit(0, rlimit::DATA, None).map_or(u64::MAX, |limit| limit.current)
}

/// Raises the host's soft limit on descriptors to the hard one, because the runtime needs some of
/// its own; returns the guest's, which is what the soft limit was.
pub(crate) fn raise_descriptors() -> usize {
    let Ok(found) = host_process::prlimit(0, rlimit::NOFILE, None) else { return 1024 };
    let raised = Rlimit { current: found.max, max: found.max };
    // If that fails, guest and runtime share what there is.
    let _ = host_process::prlimit(0, rlimit::NOFILE, Some(raised));
    usize::try_from(found.current).unwrap_or(usize::MAX)
}

/// prlimit64(2).
pub fn prlimit64(
    t: &mut Task,
    pid: i32,
    resource: u32,
    new: UserPtr<Rlimit>,
    old: UserPtr<Rlimit>,
) -> SysResult {
    if resource >= rlimit::COUNT {
        return Err(Errno::EINVAL);
    }
    let new = if new.is_null() { None } else { Some(new.read(t.space())?) };
    if new.is_some_and(|new| new.current > new.max) {
        return Err(Errno::EINVAL);
    }
    let own = pid == 0 || pid == host_process::getpid();
    let previous = if resource == rlimit::NOFILE && own {
        descriptors(t, new)?
    } else {
        host_process::prlimit(pid, resource, new)?
    };
    if !old.is_null() {
        old.write(t.space(), &previous)?;
    }
    Ok(0)
}

/// RLIMIT_NOFILE: the soft limit is the table's; the hard one the host's.
fn descriptors(t: &Task, new: Option<Rlimit>) -> Result<Rlimit, Errno> {
    let host = host_process::prlimit(0, rlimit::NOFILE, None)?;
    let previous = Rlimit { current: t.process.fds().limit() as u64, max: host.max };
    if let Some(new) = new {
        // The host's soft limit follows the hard one: the guest's must not confine the runtime.
        host_process::prlimit(0, rlimit::NOFILE, Some(Rlimit { current: new.max, max: new.max }))?;
        t.process.fds_mut().set_limit(usize::try_from(new.current).unwrap_or(usize::MAX));
    }
    Ok(previous)
}

/// getrlimit(2).
pub fn getrlimit(t: &mut Task, resource: u32, to: UserPtr<Rlimit>) -> SysResult {
    prlimit64(t, 0, resource, UserPtr::new(0), to)
}

/// setrlimit(2).
pub fn setrlimit(t: &mut Task, resource: u32, from: UserPtr<Rlimit>) -> SysResult {
    if from.is_null() {
        return Err(Errno::EFAULT);
    }
    prlimit64(t, 0, resource, from, UserPtr::new(0))
}
