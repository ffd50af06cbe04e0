//! Resource limits: getrlimit(2), setrlimit(2), prlimit(2).
//!
//! The host enforces them, except where the runtime's own needs would count: the number of
//! descriptors is limited by the guest's table of files, memory by the guest's address space.

use abi::Errno;
use abi::process::{Rlimit, rlimit};
use host::handoff::{Inherited, Luggage};
use host::process as host_process;
use mem::UserPtr;

use crate::Task;
use crate::handoff::{Handover, Plain};
use crate::syscall::SysResult;

/// Limits on memory. The host must not enforce them: it would count the runtime's own memory and the
/// whole slab. The guest's address space keeps to them instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryLimits([Rlimit; 3]);

impl Handover for MemoryLimits {
    type Record = Vec<Plain<Rlimit>>;

    fn record(&self, _: &mut Luggage) -> Result<Self::Record, Errno> {
        let Self(limits) = self;
        Ok(limits.iter().copied().map(Plain).collect())
    }

    fn resume(record: Self::Record, _: &mut Inherited) -> Result<Self, Errno> {
        let limits: Vec<Rlimit> = record.into_iter().map(|Plain(limit)| limit).collect();
        limits.try_into().map(Self).map_err(|_| Errno::EINVAL)
    }
}

impl MemoryLimits {
    const RESOURCES: [u32; 3] = [rlimit::AS, rlimit::DATA, rlimit::STACK];

    /// Those that elfuse was started with.
    pub(crate) fn inherited() -> Self {
        let unlimited = Rlimit { current: rlimit::INFINITY, max: rlimit::INFINITY };
        Self(Self::RESOURCES.map(|r| host_process::prlimit(0, r, None).unwrap_or(unlimited)))
    }

    /// The ones in force, for the address space.
    pub(crate) fn in_force(&self) -> mem::Limits {
        let [address_space, data, stack] = self.0.map(|limit| limit.current);
        mem::Limits { address_space, data, stack }
    }

    /// The limit on `resource`, if it is one of these.
    fn get_mut(&mut self, resource: u32) -> Option<&mut Rlimit> {
        let index = Self::RESOURCES.iter().position(|r| *r == resource)?;
        Some(&mut self.0[index])
    }
}

/// Raises the host's soft limit on descriptors to the hard one, because the runtime needs some of
/// its own; returns the guest's, which is what the limit was.
pub(crate) fn raise_descriptors() -> Rlimit {
    let Ok(found) = host_process::prlimit(0, rlimit::NOFILE, None) else {
        return Rlimit { current: 1024, max: 1024 };
    };
    let raised = Rlimit { current: found.max, max: found.max };
    // If that fails, guest and runtime share what there is.
    let _ = host_process::prlimit(0, rlimit::NOFILE, Some(raised));
    found
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
    } else if own && MemoryLimits::RESOURCES.contains(&resource) {
        memory(t, resource, new)?
    } else {
        host_process::prlimit(pid, resource, new)?
    };
    if !old.is_null() {
        old.write(t.space(), &previous)?;
    }
    Ok(0)
}

/// The limit on a resource that is in force.
pub(crate) fn of(t: &Task, resource: u32) -> Result<Rlimit, Errno> {
    match resource {
        rlimit::NOFILE => descriptors(t, None),
        resource if MemoryLimits::RESOURCES.contains(&resource) => memory(t, resource, None),
        resource => host_process::prlimit(0, resource, None),
    }
}

/// RLIMIT_NOFILE: returns it, and sets it if there is a new one. The host's is only ever raised: the guest's must not confine
/// the runtime, which has descriptors of its own.
fn descriptors(t: &Task, new: Option<Rlimit>) -> Result<Rlimit, Errno> {
    let previous = t.fds().rlimit();
    if let Some(new) = new {
        if new.max > previous.max {
            may_raise()?;
            if new.max > host_process::prlimit(0, rlimit::NOFILE, None)?.max {
                let raised = Rlimit { current: new.max, max: new.max };
                host_process::prlimit(0, rlimit::NOFILE, Some(raised))?;
            }
        }
        t.fds().set_rlimit(new);
    }
    Ok(previous)
}

/// Raising a hard limit takes CAP_SYS_RESOURCE, which root has as a rule.
fn may_raise() -> Result<(), Errno> {
    if host_process::getresuid()[1] == 0 { Ok(()) } else { Err(Errno::EPERM) }
}

/// A limit on memory: returns it, and sets it if there is a new one.
fn memory(t: &Task, resource: u32, new: Option<Rlimit>) -> Result<Rlimit, Errno> {
    let mut limits = t.process.memory_limits.lock();
    let limit = limits.get_mut(resource).ok_or(Errno::EINVAL)?;
    let previous = *limit;
    if let Some(new) = new {
        if new.max > previous.max {
            may_raise()?;
        }
        *limit = new;
        t.space().set_limits(limits.in_force());
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
