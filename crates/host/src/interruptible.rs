//! System calls that a signal can keep from sleeping.
//!
//! Between "nothing is pending" and "now sleeping" lies a window in which a signal would be slept
//! through. It is closed by a routine that checks the thread's attention word and enters the kernel
//! within one small range of code: the signal handler moves a thread that it finds inside that range
//! to the abort path, where the call returns `EINTR`. Hence these calls cannot go through libc,
//! whose code is not ours to know. The routine itself is each host's (`syscall.rs`).
//!
//! Rejected: `ppoll` or `pselect` with a mask before each call, which doubles its cost, and leaving
//! the handler by `longjmp`, which skips the destructors of Rust frames.

use std::sync::atomic::AtomicU32;

use crate::attention;

/// Arguments of a system call, missing ones zero.
pub(crate) type Args = [usize; 6];

unsafe extern "C" {
    fn elfuse_interruptible_syscall(word: *const AtomicU32, nr: usize, args: *const Args) -> isize;
    fn elfuse_interruptible_begin();
    fn elfuse_interruptible_end();
    fn elfuse_interruptible_abort();
}

/// If `pc` lies between the check and the entry into the kernel, the address to continue at
/// instead so that the call returns `EINTR`. For signal handlers.
pub(crate) fn abort_address(pc: usize) -> Option<usize> {
    let begin = elfuse_interruptible_begin as *const () as usize;
    let end = elfuse_interruptible_end as *const () as usize;
    (begin..end).contains(&pc).then_some(elfuse_interruptible_abort as *const () as usize)
}

/// What the routine returns on the abort path: no result, and below every error number.
pub(crate) const ABORTED: isize = -(1 << 16);

/// System call `nr`, or minus the host's `EINTR` at once if the attention word is raised before or
/// while it starts, which [`kept_out`](attention::kept_out) then tells. Errors are negative numbers.
///
/// # Safety
///
/// As the call says: pointers among the arguments must be valid for what it does with them.
pub(crate) unsafe fn call(nr: usize, args: Args) -> isize {
    const INTERRUPTED: isize = -(libc::EINTR as isize);
    // SAFETY: the caller vouches for the call; the word and the arguments outlive it.
    let result = unsafe { elfuse_interruptible_syscall(attention::current().word(), nr, &args) };
    match result {
        ABORTED | INTERRUPTED => {
            attention::note_interrupted(result == INTERRUPTED);
            INTERRUPTED
        }
        result => result,
    }
}

/// `interruptible!(NAME, args…)`: the call of that name in the host's `syscall::nr`, missing
/// arguments zero and each argument cast to a word. Errors are Linux's.
macro_rules! interruptible {
    ($nr:ident $(, $arg:expr)* $(,)?) => {{
        let mut args = [0usize; 6];
        let given: &[usize] = &[$($arg as usize),*];
        args[..given.len()].copy_from_slice(given);
        $crate::sys::syscall::interruptible($crate::sys::syscall::nr::$nr, args)
    }};
}
pub(crate) use interruptible;
