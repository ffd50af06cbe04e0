//! How this host's kernel is called.
//!
//! Through libSystem, which is the only interface that Apple promises, except for calls that may
//! sleep: those must be interruptible without a window (see
//! [`interruptible`](crate::interruptible)), for which the exact address of the `svc` instruction
//! has to be known. They use the numbers of the SDK's `sys/syscall.h`; none of those used here has
//! changed since it was introduced.

use abi::Errno;

use crate::interruptible::{Args, call};

// The number is in x16, arguments from x0 on; the carry flag tells an error number from a result.
std::arch::global_asm!(
    // extern "C" fn(word: *const u32, nr: usize, args: *const [usize; 6]) -> isize
    ".globl _elfuse_interruptible_syscall",
    ".globl _elfuse_interruptible_begin",
    ".globl _elfuse_interruptible_end",
    ".globl _elfuse_interruptible_abort",
    // Further entries of one routine: the linker must not move them apart.
    ".alt_entry _elfuse_interruptible_begin",
    ".alt_entry _elfuse_interruptible_end",
    ".alt_entry _elfuse_interruptible_abort",
    ".p2align 2",
    "_elfuse_interruptible_syscall:",
    "mov x16, x1",
    "mov x9, x0",
    "mov x10, x2",
    "ldp x0, x1, [x10]",
    "ldp x2, x3, [x10, #16]",
    "ldp x4, x5, [x10, #32]",
    "_elfuse_interruptible_begin:",
    "ldr w9, [x9]",
    "cbnz w9, _elfuse_interruptible_abort",
    "svc #0x80",
    "_elfuse_interruptible_end:",
    "b.cc 1f",
    "neg x0, x0",
    "1: ret",
    "_elfuse_interruptible_abort:",
    "mov x0, {aborted}",
    "ret",
    aborted = const crate::interruptible::ABORTED,
);

/// Numbers of `sys/syscall.h`.
pub(crate) mod nr {
    pub const READ: usize = 3;
    pub const WRITE: usize = 4;
    pub const WAIT4: usize = 7;
    pub const IOCTL: usize = 54;
    pub const MSYNC: usize = 65;
    pub const FCNTL: usize = 92;
    pub const SELECT: usize = 93;
    pub const FSYNC: usize = 95;
    pub const SIGSUSPEND: usize = 111;
    pub const READV: usize = 120;
    pub const WRITEV: usize = 121;
    pub const FLOCK: usize = 131;
    pub const PREAD: usize = 153;
    pub const PWRITE: usize = 154;
    pub const WAITID: usize = 173;
    pub const FDATASYNC: usize = 187;
    pub const POLL: usize = 230;
    pub const OPENAT: usize = 463;
    pub const PREADV: usize = 540;
    pub const PWRITEV: usize = 541;
}

/// A system call that may sleep: `EINTR` without sleeping if the attention word is raised before or
/// while it starts, and when a signal handler ran during it.
///
/// # Safety
///
/// As the call says: pointers among the arguments must be valid for what it does with them.
pub(crate) unsafe fn interruptible(nr: usize, args: Args) -> Result<usize, Errno> {
    // SAFETY: the caller vouches for the call.
    let result = unsafe { call(nr, args) };
    usize::try_from(result).map_err(|_| super::errno(-result as i32))
}
