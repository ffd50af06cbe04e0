//! The instructions of the vDSO, as words: there are three dozen of them.
//!
//! `aarch64-linux-gnu-objdump -d` on the image shows them back; `guests/time/vdso.c` executes each path.

/// A function of the vDSO.
pub(super) struct Function {
    pub name: &'static str,
    /// Instructions before the entry point.
    pub lead: usize,
    pub code: &'static [u32],
    /// Whether it is called like a C function; only such have unwinding information.
    pub callable: bool,
}

/// All functions, in the order of their addresses.
pub(super) const FUNCTIONS: [Function; 4] = [
    Function { name: "__kernel_rt_sigreturn", lead: 1, code: &RT_SIGRETURN, callable: false },
    Function { name: "__kernel_gettimeofday", lead: 0, code: &GETTIMEOFDAY, callable: true },
    Function { name: "__kernel_clock_gettime", lead: 0, code: &CLOCK_GETTIME, callable: true },
    Function { name: "__kernel_clock_getres", lead: 0, code: &CLOCK_GETRES, callable: true },
];

/// Unwinders look one instruction before a return address, hence the `nop`; they know the frame of
/// a signal by the other two (libgcc's `aarch64_fallback_frame_state`, gdb, LLVM's libunwind).
const RT_SIGRETURN: [u32; 3] = [
    0xd503_201f, // nop
    0xd280_1168, // mov x8, #139
    0xd400_0001, // svc #0
];

/// `int (struct timeval *, struct timezone *)`; either pointer may be null.
const GETTIMEOFDAY: [u32; 13] = [
    0xb400_0120, // cbz x0, 1f
    0xd53b_f202, // mrs x2, s3_3_c15_c2_0
    0xd299_4003, // mov x3, #0xca00
    0xf2a7_7343, // movk x3, #0x3b9a, lsl #16    10^9
    0x9ac3_0844, // udiv x4, x2, x3              seconds
    0x9b03_8885, // msub x5, x4, x3, x2          nanoseconds
    0xd280_7d06, // mov x6, #1000
    0x9ac6_08a5, // udiv x5, x5, x6
    0xa900_1404, // stp x4, x5, [x0]
    0xb400_0041, // 1: cbz x1, 2f, where the pair is two words
    0xf900_003f, // str xzr, [x1]
    0x5280_0000, // 2: mov w0, #0
    0xd65f_03c0, // ret
];

/// `int (clockid_t, struct timespec *)`
const CLOCK_GETTIME: [u32; 16] = [
    0x3400_00c0, // cbz w0, 1f                   CLOCK_REALTIME
    0x7100_041f, // cmp w0, #1                   CLOCK_MONOTONIC
    0x5400_0180, // b.eq 3f
    0xd280_0e28, // mov x8, #113
    0xd400_0001, // svc #0
    0xd65f_03c0, // ret
    0xd53b_f202, // 1: mrs x2, s3_3_c15_c2_0
    0xd299_4003, // 2: mov x3, #0xca00
    0xf2a7_7343, // movk x3, #0x3b9a, lsl #16    10^9
    0x9ac3_0844, // udiv x4, x2, x3              seconds
    0x9b03_8885, // msub x5, x4, x3, x2          nanoseconds
    0xa900_1424, // stp x4, x5, [x1]
    0x5280_0000, // mov w0, #0
    0xd65f_03c0, // ret
    0xd53b_f222, // 3: mrs x2, s3_3_c15_c2_1
    0x17ff_fff8, // b 2b
];

/// `int (clockid_t, struct timespec *)`. Nobody asks often, and only the host knows.
const CLOCK_GETRES: [u32; 3] = [
    0xd280_0e48, // mov x8, #114
    0xd400_0001, // svc #0
    0xd65f_03c0, // ret
];
