//! Host signals on behalf of the guest: sigaction(2) and relatives.

use abi::Errno;
use abi::signal::{SigInfo, SigSet, Signal};

use crate::darwin::signal::{set_from_host, set_to_host, to_host};
use crate::interruptible::interruptible;
use crate::process::check;
use crate::signal::{Act, Disposition, HANDLER_MASK, catch, host_mask};

/// [`set_disposition`](crate::signal::set_disposition) for every signal, those that report faults
/// included.
pub(crate) fn replace_disposition(signal: Signal, disposition: Disposition) -> Result<(), Errno> {
    let Some(number) = to_host(signal) else { return Ok(()) };
    let Disposition { act, no_child_stop, no_child_wait } = disposition;
    let (handler, mut flags) = match act {
        Act::Default => (libc::SIG_DFL, 0),
        Act::Ignore => (libc::SIG_IGN, 0),
        // On a stack of its own: guest code runs on this thread's ordinary stack, but a fault in the
        // runtime may have exhausted it.
        Act::Catch => (catch as *const () as usize, libc::SA_SIGINFO | libc::SA_ONSTACK),
    };
    flags |= if no_child_stop { libc::SA_NOCLDSTOP } else { 0 };
    flags |= if no_child_wait { libc::SA_NOCLDWAIT } else { 0 };
    let action = libc::sigaction {
        sa_sigaction: handler,
        sa_mask: set_to_host(HANDLER_MASK),
        sa_flags: flags,
    };
    // SAFETY: a valid action; the handler is async-signal-safe.
    check(unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) }).map(drop)
}

/// Whether the host ignored `signal` when this process was started (`nohup` and the like).
pub fn is_ignored(signal: Signal) -> bool {
    let Some(number) = to_host(signal) else { return false };
    let mut action = libc::sigaction { sa_sigaction: 0, sa_mask: 0, sa_flags: 0 };
    // SAFETY: `action` is a valid place for the old action.
    let read = unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) };
    read == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Puts `mask` in force for the calling thread.
pub(crate) fn apply_mask(mask: SigSet) {
    let bits = set_to_host(mask);
    // SAFETY: a valid signal set. The call cannot fail with these arguments.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const bits, std::ptr::null_mut()) };
}

/// The mask that this process was started with.
pub fn mask() -> SigSet {
    let mut bits = 0;
    // SAFETY: a valid place for the set. The call cannot fail with these arguments.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut bits) };
    set_from_host(bits)
}

/// Signals pending for this thread or the process (sigpending(2)).
pub fn pending() -> SigSet {
    let mut bits = 0;
    // SAFETY: a valid place for the set. The call cannot fail with these arguments.
    unsafe { libc::sigpending(&raw mut bits) };
    set_from_host(bits)
}

/// Waits with `mask` in force until a signal is recorded. Always `EINTR`.
pub fn suspend(mask: SigSet) -> Errno {
    let bits = set_to_host(host_mask(mask));
    // SAFETY: the kernel takes the set itself, not its address.
    unsafe { interruptible!(SIGSUSPEND, bits) }.err().unwrap_or(Errno::EINTR)
}

not_here! {
    wait_for(set: SigSet, timeout: Option<abi::fs::Timespec>) -> SigInfo = SIGTIMEDWAIT;
}
