//! What a macOS signal frame says about a fault.
//!
//! macOS raises SIGBUS, not SIGSEGV, for an access that a mapping's protection forbids, so the
//! signal does not tell a forbidden page from one without backing. The guest's map does.

use abi::signal::{SigInfo, SigSet};

use crate::darwin::signal::{HostInfo, info_from_host, set_to_host};

/// The machine state that the kernel saved in the signal frame.
pub type Frame = libc::ucontext_t;

/// The program counter of the interrupted code.
pub fn pc(frame: &Frame) -> usize {
    // SAFETY: the kernel points `uc_mcontext` at the saved state for as long as the frame lives.
    unsafe { (*frame.uc_mcontext).__ss.__pc as usize }
}

/// Makes the interrupted code go on at `pc`.
pub fn set_pc(frame: &mut Frame, pc: usize) {
    // SAFETY: as in `pc`; `frame` is borrowed mutably, so nobody else looks at the state.
    unsafe { (*frame.uc_mcontext).__ss.__pc = pc as u64 };
}

/// Makes `mask` the one in force when the handler returns.
pub fn set_mask(frame: &mut Frame, mask: SigSet) {
    frame.uc_sigmask = set_to_host(mask);
}

/// Makes the interrupted code go on at `pc`, with `results` in the two registers in which the C
/// calling convention returns a pair.
pub fn resume(frame: &mut Frame, pc: usize, results: [u64; 2]) {
    set_pc(frame, pc);
    // SAFETY: as in `set_pc`.
    let state = unsafe { &mut (*frame.uc_mcontext).__ss };
    state.__x[..2].copy_from_slice(&results);
}

/// Whether a process sent the signal, rather than an instruction having raised it.
///
/// XNU leaves `si_code` 0 (`SEGV_NOOP`, `BUS_NOOP`) in what `kill` sends; `sigqueue`-like codes
/// are `SI_USER` (0x10001) and above (`sys/signal.h`).
pub fn is_sent(code: i32) -> bool {
    code <= 0 || code >= 0x10001
}

/// The record of a signal that was sent, as the guest would see it.
///
/// # Safety
/// `info` is the pointer that the kernel passed to a `SA_SIGINFO` handler.
pub unsafe fn siginfo(info: *const libc::siginfo_t) -> SigInfo {
    // SAFETY: valid for reading, says the caller.
    info_from_host(unsafe { host_info(info) })
}

/// The fields of a record that have a like on Linux.
///
/// # Safety
/// `info` points to a record that the kernel filled in.
pub(super) unsafe fn host_info(info: *const libc::siginfo_t) -> HostInfo {
    // SAFETY: valid for reading, says the caller.
    let info = unsafe { &*info };
    HostInfo {
        signo: info.si_signo,
        code: info.si_code,
        pid: info.si_pid,
        uid: info.si_uid,
        status: info.si_status,
    }
}

/// The least size of a signal stack.
pub fn minimum_stack() -> usize {
    libc::MINSIGSTKSZ
}

/// The calling thread's `errno`, which a handler must leave as it was.
pub fn errno_location() -> *mut i32 {
    // SAFETY: returns the address of a thread-local; async-signal-safe.
    unsafe { libc::__error() }
}
