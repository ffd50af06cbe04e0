//! The calls on a thread's mask: rt_sigprocmask(2), rt_sigpending(2), rt_sigsuspend(2),
//! sigaltstack(2).

use abi::Errno;
use abi::fs::Timespec;
use abi::signal::{AltStack, SigInfo, SigSet, ss};
use mem::UserPtr;

use crate::Task;
use crate::syscall::SysResult;

const SIG_BLOCK: i32 = 0;
const SIG_UNBLOCK: i32 = 1;
const SIG_SETMASK: i32 = 2;

/// Reads a signal set whose size the caller states; only Linux's own size is accepted.
pub(crate) fn read_set(task: &Task, set: UserPtr<SigSet>, size: usize) -> Result<SigSet, Errno> {
    if size != size_of::<SigSet>() {
        return Err(Errno::EINVAL);
    }
    Ok(set.read(task.space())?.minus(SigSet::UNBLOCKABLE))
}

impl Task {
    /// Changes the guest's mask, and the host's with it.
    pub(crate) fn set_signal_mask(&mut self, mask: SigSet) {
        self.signals.mask = mask.minus(SigSet::UNBLOCKABLE);
        host::signal::set_mask(self.signals.mask);
        if self.signals.held.iter().any(|info| self.is_deliverable(info)) {
            self.attention.raise(host::Attention::SIGNAL);
        }
    }
}

/// rt_sigprocmask(2).
pub fn rt_sigprocmask(
    task: &mut Task,
    how: i32,
    new: UserPtr<SigSet>,
    old: UserPtr<SigSet>,
    size: usize,
) -> SysResult {
    if size != size_of::<SigSet>() {
        return Err(Errno::EINVAL);
    }
    let previous = task.signals.mask;
    if !new.is_null() {
        let set = read_set(task, new, size)?;
        task.set_signal_mask(match how {
            SIG_BLOCK => previous.union(set),
            SIG_UNBLOCK => previous.minus(set),
            SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL),
        });
    }
    if !old.is_null() {
        old.write(task.space(), &previous)?;
    }
    Ok(0)
}

/// rt_sigpending(2).
pub fn rt_sigpending(task: &mut Task, set: UserPtr<SigSet>, size: usize) -> SysResult {
    if size > size_of::<SigSet>() {
        return Err(Errno::EINVAL);
    }
    let mut pending = host::signal::pending();
    for signal in task.signals.held.iter().filter_map(|info| info.signal()) {
        pending = pending.with(signal);
    }
    let bytes = pending.0.to_le_bytes();
    mem::UserSlice::new(set.addr(), size as u64).write_from(task.space(), &bytes[..size])?;
    Ok(0)
}

/// rt_sigsuspend(2).
pub fn rt_sigsuspend(task: &mut Task, set: UserPtr<SigSet>, size: usize) -> SysResult {
    let mask = read_set(task, set, size)?;
    task.wait_under_mask(mask);
    Err(host::signal::suspend(mask))
}

/// rt_sigtimedwait(2). Takes what was recorded but is held back first, then asks the host.
pub fn rt_sigtimedwait(
    task: &mut Task,
    set: UserPtr<SigSet>,
    info: UserPtr<SigInfo>,
    timeout: UserPtr<Timespec>,
    size: usize,
) -> SysResult {
    let set = read_set(task, set, size)?;
    let timeout = if timeout.is_null() { None } else { Some(timeout.read(task.space())?) };
    let wanted = |held: &SigInfo| held.signal().is_some_and(|signal| set.contains(signal));
    let found = match task.signals.held.iter().position(wanted) {
        Some(at) => task.signals.held.remove(at),
        None => task.in_guest_terms(host::signal::wait_for(set, timeout)?),
    };
    if !info.is_null() {
        info.write(task.space(), &found)?;
    }
    Ok(found.signo as u64)
}

impl Task {
    /// Declares that the current call waits under `mask`: a handler that runs because of it sees
    /// `mask`, and the frame, or the end of the call, restores the present mask.
    pub(crate) fn wait_under_mask(&mut self, mask: SigSet) {
        let present = std::mem::replace(&mut self.signals.mask, mask);
        self.signals.saved_mask.get_or_insert(present);
        if self.signals.held.iter().any(|info| self.is_deliverable(info)) {
            self.attention.raise(host::Attention::SIGNAL);
        }
    }

    /// Ends [`Self::wait_under_mask`] if no handler's frame has taken the saved mask.
    pub(crate) fn end_temporary_mask(&mut self) {
        if let Some(mask) = self.signals.saved_mask.take() {
            self.set_signal_mask(mask);
        }
    }
}

/// sigaltstack(2).
pub fn sigaltstack(task: &mut Task, new: UserPtr<AltStack>, old: UserPtr<AltStack>) -> SysResult {
    let stack = task.signals.alt_stack;
    let on_stack = stack.contains(task.regs.sp);
    let new = if new.is_null() { None } else { Some(new.read(task.space())?) };
    if let Some(new) = new {
        if on_stack {
            return Err(Errno::EPERM);
        }
        task.signals.alt_stack = match new.flags & !ss::AUTODISARM {
            ss::DISABLE => AltStack { sp: 0, size: 0, ..new },
            0 | ss::ONSTACK if new.size < ss::MIN_SIZE => return Err(Errno::ENOMEM),
            0 | ss::ONSTACK => new,
            _ => return Err(Errno::EINVAL),
        };
    }
    if !old.is_null() {
        // SS_ONSTACK reports use; it is not a setting.
        let state = match stack.flags & ss::DISABLE != 0 || stack.size == 0 {
            true => ss::DISABLE,
            false if on_stack => ss::ONSTACK,
            false => 0,
        };
        let flags = state | stack.flags & ss::AUTODISARM;
        old.write(task.space(), &AltStack { flags, ..stack })?;
    }
    Ok(0)
}
