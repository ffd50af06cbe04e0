//! Host signals on behalf of the guest: rt_sigaction(2) and relatives, without libc, which keeps
//! two real-time signals for itself.

use abi::Errno;
use abi::signal::{SigInfo, SigSet, Signal};

use super::syscall::sys;
use crate::signal::{Act, Disposition, HANDLER_MASK, catch, host_mask};

const SIGSET_SIZE: usize = 8;
const SA_NOCLDSTOP: u64 = 1;
const SA_NOCLDWAIT: u64 = 2;
const SA_SIGINFO: u64 = 4;
const SA_ONSTACK: u64 = 0x0800_0000;
#[cfg(target_arch = "x86_64")]
const SA_RESTORER: u64 = 0x0400_0000;

/// `struct kernel_sigaction` of rt_sigaction(2).
#[derive(Default)]
#[repr(C)]
struct KernelSigaction {
    handler: usize,
    flags: u64,
    #[cfg(target_arch = "x86_64")]
    restorer: usize,
    mask: SigSet,
}

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".globl elfuse_sigreturn",
    ".hidden elfuse_sigreturn",
    "elfuse_sigreturn:",
    "mov eax, {nr}",
    "syscall",
    nr = const libc::SYS_rt_sigreturn,
);
#[cfg(target_arch = "x86_64")]
unsafe extern "C" {
    fn elfuse_sigreturn();
}

/// [`set_disposition`](crate::signal::set_disposition) for every signal, those that report faults
/// included.
pub(crate) fn replace_disposition(signal: Signal, disposition: Disposition) -> Result<(), Errno> {
    let Disposition { act, no_child_stop, no_child_wait } = disposition;
    let (handler, mut flags) = match act {
        Act::Default => (libc::SIG_DFL, 0),
        Act::Ignore => (libc::SIG_IGN, 0),
        // On a stack of its own: guest code runs on this thread's ordinary stack, but a fault in the
        // runtime may have exhausted it.
        Act::Catch => (catch as *const () as usize, SA_SIGINFO | SA_ONSTACK),
    };
    flags |= if no_child_stop { SA_NOCLDSTOP } else { 0 };
    flags |= if no_child_wait { SA_NOCLDWAIT } else { 0 };
    let action = KernelSigaction {
        handler,
        #[cfg(target_arch = "x86_64")]
        flags: flags | SA_RESTORER,
        #[cfg(target_arch = "x86_64")]
        restorer: elfuse_sigreturn as *const () as usize,
        #[cfg(target_arch = "aarch64")]
        flags,
        mask: HANDLER_MASK,
    };
    // SAFETY: a valid action; the handler is async-signal-safe.
    unsafe { sys!(SYS_rt_sigaction, signal.number(), &raw const action, 0, SIGSET_SIZE) }?;
    Ok(())
}

/// Calls `act` and puts back what it has done to the disposition of `signal` and to this thread's mask.
pub(crate) fn preserve(signal: Signal, act: impl FnOnce()) -> Result<(), Errno> {
    let mask = mask();
    let mut action = KernelSigaction::default();
    // SAFETY: `action` is a valid place for the old action.
    unsafe { sys!(SYS_rt_sigaction, signal.number(), 0, &raw mut action, SIGSET_SIZE) }?;
    act();
    // SAFETY: an action that was in force.
    unsafe { sys!(SYS_rt_sigaction, signal.number(), &raw const action, 0, SIGSET_SIZE) }?;
    apply_mask(mask);
    Ok(())
}

/// Whether the host ignored `signal` when this process was started (`nohup` and the like).
pub fn is_ignored(signal: Signal) -> bool {
    let mut action = KernelSigaction::default();
    // SAFETY: `action` is a valid place for the old action.
    let read = unsafe { sys!(SYS_rt_sigaction, signal.number(), 0, &raw mut action, SIGSET_SIZE) };
    read.is_ok() && action.handler == libc::SIG_IGN
}

/// Puts `mask` in force for the calling thread.
pub(crate) fn apply_mask(mask: SigSet) {
    // SAFETY: `mask` is a valid signal set. The call cannot fail with these arguments.
    let _ = unsafe { sys!(SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, 0, SIGSET_SIZE) };
}

/// The mask that this process was started with.
pub fn mask() -> SigSet {
    let mut mask = SigSet::EMPTY;
    // SAFETY: `mask` is a valid place for the set. The call cannot fail with these arguments.
    let _ = unsafe { sys!(SYS_rt_sigprocmask, 0, 0, &raw mut mask, SIGSET_SIZE) };
    mask
}

/// Signals pending for this thread or the process (sigpending(2)).
pub fn pending() -> SigSet {
    let mut set = SigSet::EMPTY;
    // SAFETY: `set` is a valid place for the result. The call cannot fail with these arguments.
    let _ = unsafe { sys!(SYS_rt_sigpending, &raw mut set, SIGSET_SIZE) };
    set
}

/// Waits with `mask` in force until a signal is recorded. Always `EINTR`.
pub fn suspend(mask: SigSet) -> Errno {
    let mask = host_mask(mask);
    // SAFETY: `mask` is a valid signal set.
    let result = unsafe { sys!(interruptible: SYS_rt_sigsuspend, &raw const mask, SIGSET_SIZE) };
    result.err().unwrap_or(Errno::EINTR)
}

/// rt_sigtimedwait(2): takes a pending signal of `set`, which the thread should have blocked.
/// `EAGAIN` after the timeout.
pub fn wait_for(set: SigSet, timeout: Option<abi::fs::Timespec>) -> Result<SigInfo, Errno> {
    let mut info = SigInfo::empty();
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: valid sets, times and a place for the record.
    unsafe {
        sys!(
            interruptible: SYS_rt_sigtimedwait,
            &raw const set, &raw mut info, timeout, SIGSET_SIZE
        )
    }?;
    Ok(info)
}
