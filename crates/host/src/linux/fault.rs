//! What a Linux signal frame says about a fault.

use abi::signal::{SigInfo, SigSet};

/// The machine state that the kernel saved in the signal frame.
pub type Frame = libc::ucontext_t;

/// The program counter of the interrupted code.
pub fn pc(frame: &Frame) -> usize {
    #[cfg(target_arch = "x86_64")]
    return frame.uc_mcontext.gregs[libc::REG_RIP as usize] as usize;
    #[cfg(target_arch = "aarch64")]
    return frame.uc_mcontext.pc as usize;
}

/// Makes the interrupted code go on at `pc`.
pub fn set_pc(frame: &mut Frame, pc: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        frame.uc_mcontext.gregs[libc::REG_RIP as usize] = pc as i64;
    }
    #[cfg(target_arch = "aarch64")]
    {
        frame.uc_mcontext.pc = pc as u64;
    }
}

/// Makes `mask` the one in force when the handler returns.
pub fn set_mask(frame: &mut Frame, mask: SigSet) {
    // SAFETY: the frame's set begins with the 64 bits that the kernel uses.
    unsafe { (&raw mut frame.uc_sigmask).cast::<SigSet>().write_unaligned(mask) };
}

/// Makes the interrupted code go on at `pc`, with `results` in the two registers in which the C
/// calling convention returns a pair.
pub fn resume(frame: &mut Frame, pc: usize, results: [u64; 2]) {
    set_pc(frame, pc);
    let context = &mut frame.uc_mcontext;
    #[cfg(target_arch = "x86_64")]
    {
        context.gregs[libc::REG_RAX as usize] = results[0] as i64;
        context.gregs[libc::REG_RDX as usize] = results[1] as i64;
    }
    #[cfg(target_arch = "aarch64")]
    {
        context.regs[..2].copy_from_slice(&results);
    }
}

/// Whether a process sent the signal, rather than an instruction having raised it.
///
/// `SI_USER`, `SI_QUEUE`, `SI_TKILL` and the like are all at or below zero (sigaction(2)).
pub fn is_sent(code: i32) -> bool {
    code <= 0
}

/// The record as the guest would see it; the layout is the host's own.
///
/// # Safety
/// `info` is the pointer that the kernel passed to a `SA_SIGINFO` handler.
pub unsafe fn siginfo(info: *const libc::siginfo_t) -> SigInfo {
    const { assert!(size_of::<SigInfo>() == size_of::<libc::siginfo_t>()) };
    // SAFETY: both are 128 bytes of plain data; the kernel filled or zeroed all of them.
    unsafe { info.cast::<SigInfo>().read_unaligned() }
}

/// The least size of a signal stack: this processor's register state can exceed `MINSIGSTKSZ`.
pub fn minimum_stack() -> usize {
    // SAFETY: reads the auxiliary vector; an absent entry gives 0.
    let frame = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) } as usize;
    frame.max(libc::MINSIGSTKSZ)
}

/// The calling thread's `errno`, which a handler must leave as it was.
pub fn errno_location() -> *mut i32 {
    // SAFETY: returns the address of a thread-local; async-signal-safe.
    unsafe { libc::__errno_location() }
}
