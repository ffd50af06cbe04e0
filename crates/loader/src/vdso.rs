//! Code that the kernel gives to every program: the way back from a signal handler.

/// Offset of `__kernel_rt_sigreturn` in [`PAGE`].
pub const SIGRETURN: u64 = 4;

/// The instructions. Unwinders recognise the two of `rt_sigreturn`, and look one instruction
/// before a return address, hence the `nop` (`arch/arm64/kernel/vdso/sigreturn.S`).
pub const PAGE: [u32; 3] = [
    0xd503_201f, // nop
    0xd280_1168, // mov x8, #139
    0xd400_0001, // svc #0
];
