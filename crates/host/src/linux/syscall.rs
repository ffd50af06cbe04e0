//! The one place where this host's system calls are made.
//!
//! Raw calls rather than libc's wrappers: results need no `errno`, real-time signals 32 and 33
//! stay usable, and the interruptible form (see [`interruptible`](crate::interruptible)) must know
//! the exact address of its `syscall` instruction.

use abi::Errno;

pub(super) use crate::interruptible::Args;

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    // extern "C" fn(word: *const u32, nr: usize, args: *const [usize; 6]) -> isize
    ".globl elfuse_interruptible_syscall",
    ".hidden elfuse_interruptible_syscall",
    ".globl elfuse_interruptible_begin",
    ".hidden elfuse_interruptible_begin",
    ".globl elfuse_interruptible_end",
    ".hidden elfuse_interruptible_end",
    ".globl elfuse_interruptible_abort",
    ".hidden elfuse_interruptible_abort",
    "elfuse_interruptible_syscall:",
    "mov rax, rsi",
    "mov r11, rdi",
    "mov rcx, rdx",
    "mov rdi, [rcx]",
    "mov rsi, [rcx + 8]",
    "mov rdx, [rcx + 16]",
    "mov r10, [rcx + 24]",
    "mov r8, [rcx + 32]",
    "mov r9, [rcx + 40]",
    "elfuse_interruptible_begin:",
    "cmp dword ptr [r11], 0",
    "jne elfuse_interruptible_abort",
    "syscall",
    "elfuse_interruptible_end:",
    "ret",
    "elfuse_interruptible_abort:",
    "mov rax, {aborted}",
    "ret",
    aborted = const crate::interruptible::ABORTED,
);

#[cfg(target_arch = "aarch64")]
std::arch::global_asm!(
    // extern "C" fn(word: *const u32, nr: usize, args: *const [usize; 6]) -> isize
    ".globl elfuse_interruptible_syscall",
    ".hidden elfuse_interruptible_syscall",
    ".globl elfuse_interruptible_begin",
    ".hidden elfuse_interruptible_begin",
    ".globl elfuse_interruptible_end",
    ".hidden elfuse_interruptible_end",
    ".globl elfuse_interruptible_abort",
    ".hidden elfuse_interruptible_abort",
    "elfuse_interruptible_syscall:",
    "mov x8, x1",
    "mov x9, x0",
    "mov x10, x2",
    "ldp x0, x1, [x10]",
    "ldp x2, x3, [x10, 16]",
    "ldp x4, x5, [x10, 32]",
    "elfuse_interruptible_begin:",
    "ldr w9, [x9]",
    "cbnz w9, elfuse_interruptible_abort",
    "svc 0",
    "elfuse_interruptible_end:",
    "ret",
    "elfuse_interruptible_abort:",
    "mov x0, {aborted}",
    "ret",
    aborted = const crate::interruptible::ABORTED,
);

/// Numbers of the calls that the code for all hosts makes.
pub(crate) mod nr {
    pub use libc::{
        SYS_fdatasync as FDATASYNC, SYS_flock as FLOCK, SYS_pread64 as PREAD,
        SYS_pwrite64 as PWRITE, SYS_read as READ, SYS_readv as READV, SYS_write as WRITE,
        SYS_writev as WRITEV,
    };
}

fn check(result: isize) -> Result<usize, Errno> {
    // The kernel reserves the last page of values for error numbers (MAX_ERRNO).
    if (-4095..0).contains(&result) {
        Err(Errno::from_raw(-result as u16))
    } else {
        Ok(result as usize)
    }
}

/// A system call that does not sleep for long.
///
/// # Safety
///
/// As the call says: pointers among the arguments must be valid for what it does with them.
pub(super) unsafe fn syscall(nr: libc::c_long, args: Args) -> Result<usize, Errno> {
    let [a, b, c, d, e, f] = args;
    let result: isize;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the caller vouches for the call; the instruction clobbers rcx and r11 only.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") nr as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the caller vouches for the call; Linux preserves all registers but x0.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") nr,
            inlateout("x0") a => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack),
        );
    }
    check(result)
}

/// A system call that may sleep: returns `EINTR` without sleeping if the attention word is raised
/// before or while it starts, and when a signal handler ran during it.
///
/// # Safety
///
/// As for [`syscall`].
pub(crate) unsafe fn interruptible(nr: libc::c_long, args: Args) -> Result<usize, Errno> {
    // SAFETY: the caller vouches for the call.
    check(unsafe { crate::interruptible::call(nr as usize, args) })
}

/// `sys!(SYS_name, args…)`: [`syscall`] with missing arguments zero and each argument cast to a word.
macro_rules! sys {
    ($f:ident: $nr:ident $(, $arg:expr)* $(,)?) => {{
        let mut args = [0usize; 6];
        let given: &[usize] = &[$($arg as usize),*];
        args[..given.len()].copy_from_slice(given);
        $crate::linux::syscall::$f(libc::$nr, args)
    }};
    ($nr:ident $(, $arg:expr)* $(,)?) => { $crate::linux::syscall::sys!(syscall: $nr $(, $arg)*) };
}
pub(super) use sys;
