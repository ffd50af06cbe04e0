//! Loads, stores and copies that may fault.
//!
//! The compiler must not see an access that can fail, so each is a small assembly routine, and all
//! of them lie in one contiguous range of code. The hook for the host's fault handler recognises
//! that range by the program counter and lets the routine return the failure as a value: nothing
//! to look up, nothing to lock, safe in a signal handler. The routines keep nothing on the stack,
//! so one landing pad serves them all.
//!
//! Rejected: asking the map of mappings before each access (slow, and wrong as soon as another
//! thread unmaps in between) and `process_vm_readv` on ourselves (a system call for each).

use std::arch::global_asm;

use host::fault::{FaultContext, FaultSignal};

/// What a routine returns, in two registers. After a failure `value` is the host address of a
/// byte on the page that failed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Outcome {
    pub value: u64,
    /// [`OK`], [`SEGV`] or [`BUS`].
    pub status: u64,
}

/// Done.
pub(crate) const OK: u64 = 0;
/// Not mapped or not permitted.
pub(crate) const SEGV: u64 = 1;
/// Mapped without backing.
pub(crate) const BUS: u64 = 2;

/// Mach-O prefixes C names with an underscore.
#[cfg(target_vendor = "apple")]
macro_rules! symbol {
    ($name:literal) => {
        concat!("_elfuse_mem_", $name)
    };
}
#[cfg(not(target_vendor = "apple"))]
macro_rules! symbol {
    ($name:literal) => {
        concat!("elfuse_mem_", $name)
    };
}

/// A routine's entry. Apple's linker may move apart what stands between two symbols, unless the
/// second is declared another entry of the first.
#[cfg(target_vendor = "apple")]
macro_rules! entry {
    ($name:literal) => {
        concat!(
            ".globl ",
            symbol!($name),
            "\n.alt_entry ",
            symbol!($name),
            "\n",
            symbol!($name),
            ":\n"
        )
    };
}
#[cfg(not(target_vendor = "apple"))]
macro_rules! entry {
    ($name:literal) => {
        concat!(
            ".globl ",
            symbol!($name),
            "\n.hidden ",
            symbol!($name),
            "\n",
            symbol!($name),
            ":\n"
        )
    };
}

// Arguments: rdi, rsi, rdx, rcx; results: rax, rdx. Plain loads and stores of x86 have acquire and
// release semantics (Intel SDM vol. 3A, 9.2.2); a locked operation is a full barrier.
// Aligned 16-byte SSE accesses are atomic on every processor with AVX (vol. 3A, 9.1.1).
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".text",
    ".balign 64",
    concat!(".globl ", symbol!("begin"), "\n", symbol!("begin"), ":"),
    entry!("load_u8"),
    "movzx eax, byte ptr [rdi]",
    "xor edx, edx",
    "ret",
    entry!("load_u16"),
    "movzx eax, word ptr [rdi]",
    "xor edx, edx",
    "ret",
    entry!("load_u32"),
    "mov eax, dword ptr [rdi]",
    "xor edx, edx",
    "ret",
    entry!("load_u64"),
    "mov rax, qword ptr [rdi]",
    "xor edx, edx",
    "ret",
    entry!("load_u128"), // rsi: where the value goes
    "test dil, 15",
    "jnz 2f",
    "movaps xmm0, xmmword ptr [rdi]",
    "movups xmmword ptr [rsi], xmm0",
    "xor edx, edx",
    "ret",
    "2:",
    "movups xmm0, xmmword ptr [rdi]",
    "movups xmmword ptr [rsi], xmm0",
    "xor edx, edx",
    "ret",
    entry!("store_u8"),
    "mov byte ptr [rdi], sil",
    "xor edx, edx",
    "ret",
    entry!("store_u16"),
    "mov word ptr [rdi], si",
    "xor edx, edx",
    "ret",
    entry!("store_u32"),
    "mov dword ptr [rdi], esi",
    "xor edx, edx",
    "ret",
    entry!("store_u64"),
    "mov qword ptr [rdi], rsi",
    "xor edx, edx",
    "ret",
    entry!("store_u128"), // rsi: where the value is
    "movups xmm0, xmmword ptr [rsi]",
    "xor edx, edx",
    "test dil, 15",
    "jnz 2f",
    "movaps xmmword ptr [rdi], xmm0",
    "ret",
    "2:",
    "movups xmmword ptr [rdi], xmm0",
    "ret",
    entry!("swap_u8"), // rsi: expected, rdx: new; returns what was there
    "mov eax, esi",
    "lock cmpxchg byte ptr [rdi], dl",
    "movzx eax, al",
    "xor edx, edx",
    "ret",
    entry!("swap_u16"),
    "mov eax, esi",
    "lock cmpxchg word ptr [rdi], dx",
    "movzx eax, ax",
    "xor edx, edx",
    "ret",
    entry!("swap_u32"),
    "mov eax, esi",
    "lock cmpxchg dword ptr [rdi], edx",
    "mov eax, eax",
    "xor edx, edx",
    "ret",
    entry!("swap_u64"),
    "mov rax, rsi",
    "lock cmpxchg qword ptr [rdi], rdx",
    "xor edx, edx",
    "ret",
    // rsi: expected, replaced by what was there; rdx: new. cmpxchg16b wants rbx, which belongs to
    // the caller: it waits in r8, where the second landing pad finds it.
    entry!("swap_u128"),
    "mov r8, rbx",
    "mov rbx, qword ptr [rdx]",
    "mov rcx, qword ptr [rdx + 8]",
    "mov rax, qword ptr [rsi]",
    "mov rdx, qword ptr [rsi + 8]",
    "lock cmpxchg16b xmmword ptr [rdi]",
    "mov qword ptr [rsi], rax",
    "mov qword ptr [rsi + 8], rdx",
    "mov rbx, r8",
    "xor edx, edx",
    "ret",
    entry!("swap_u128_end"),
    entry!("copy"), // to rdi, from rsi, rdx bytes
    "mov rcx, rdx",
    "rep movsb",
    "xor edx, edx",
    "ret",
    entry!("copy_wide"), // none of it: `rep movsb` stops at the exact byte
    entry!("landing_copy"),
    entry!("end"),
    entry!("landing_u128"),
    "mov rbx, r8",
    entry!("landing"), // the handler has set rax and rdx
    "ret",
);

// Arguments: x0, x1, x2; results: x0, x1. A pair of registers is loaded and stored atomically if
// aligned to 16 bytes on processors with FEAT_LSE2 (DDI 0487, B2.2.1). The barriers that make an
// ordered access are separate instructions so that unaligned addresses work.
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".text",
    ".balign 64",
    concat!(".globl ", symbol!("begin"), "\n", symbol!("begin"), ":"),
    entry!("load_u8"),
    "ldrb w0, [x0]",
    "mov x1, #0",
    "ret",
    entry!("load_u16"),
    "ldrh w0, [x0]",
    "mov x1, #0",
    "ret",
    entry!("load_u32"),
    "ldr w0, [x0]",
    "mov x1, #0",
    "ret",
    entry!("load_u64"),
    "ldr x0, [x0]",
    "mov x1, #0",
    "ret",
    entry!("load_u128"), // x1: where the value goes
    "ldp x2, x3, [x0]",
    "stp x2, x3, [x1]",
    "mov x1, #0",
    "ret",
    entry!("store_u8"),
    "strb w1, [x0]",
    "mov x1, #0",
    "ret",
    entry!("store_u16"),
    "strh w1, [x0]",
    "mov x1, #0",
    "ret",
    entry!("store_u32"),
    "str w1, [x0]",
    "mov x1, #0",
    "ret",
    entry!("store_u64"),
    "str x1, [x0]",
    "mov x1, #0",
    "ret",
    entry!("store_u128"), // x1: where the value is
    "ldp x2, x3, [x1]",
    "stp x2, x3, [x0]",
    "mov x1, #0",
    "ret",
    entry!("swap_u8"), // x1: expected, x2: new; returns what was there
    "and w1, w1, #0xff",
    "1: ldaxrb w3, [x0]",
    "cmp w3, w1",
    "b.ne 2f",
    "stlxrb w4, w2, [x0]",
    "cbnz w4, 1b",
    "2: mov w0, w3",
    "mov x1, #0",
    "ret",
    entry!("swap_u16"),
    "and w1, w1, #0xffff",
    "1: ldaxrh w3, [x0]",
    "cmp w3, w1",
    "b.ne 2f",
    "stlxrh w4, w2, [x0]",
    "cbnz w4, 1b",
    "2: mov w0, w3",
    "mov x1, #0",
    "ret",
    entry!("swap_u32"),
    "1: ldaxr w3, [x0]",
    "cmp w3, w1",
    "b.ne 2f",
    "stlxr w4, w2, [x0]",
    "cbnz w4, 1b",
    "2: mov w0, w3",
    "mov x1, #0",
    "ret",
    entry!("swap_u64"),
    "1: ldaxr x3, [x0]",
    "cmp x3, x1",
    "b.ne 2f",
    "stlxr w4, x2, [x0]",
    "cbnz w4, 1b",
    "2: mov x0, x3",
    "mov x1, #0",
    "ret",
    // x1: expected, replaced by what was there; x2: new. A pair was read atomically only if it
    // could also be written, so what was there is written back after a mismatch.
    entry!("swap_u128"),
    "ldp x3, x4, [x1]",
    "ldp x5, x6, [x2]",
    "1: ldaxp x7, x8, [x0]",
    "cmp x7, x3",
    "ccmp x8, x4, #0, eq",
    "csel x9, x5, x7, eq",
    "csel x10, x6, x8, eq",
    "stlxp w11, x9, x10, [x0]",
    "cbnz w11, 1b",
    "stp x7, x8, [x1]",
    "mov x1, #0",
    "ret",
    entry!("swap_u128_end"),
    // To x0, from x1, x2 bytes. Pointers move only once 16 bytes are done, so that after a fault
    // among them the bytes before the bad page are copied one by one, up to the exact one.
    entry!("copy"),
    "mov x5, x0",
    "mov x6, x1",
    entry!("copy_wide"),
    "subs x2, x2, #16",
    "b.lo 2f",
    "1: ldp x3, x4, [x6]",
    "stp x3, x4, [x5]",
    "add x5, x5, #16",
    "add x6, x6, #16",
    "subs x2, x2, #16",
    "b.hs 1b",
    entry!("landing_copy"),
    "2: adds x2, x2, #16",
    "b.eq 4f",
    "3: ldrb w3, [x6]",
    "strb w3, [x5]",
    "add x5, x5, #1",
    "add x6, x6, #1",
    "subs x2, x2, #1",
    "b.ne 3b",
    "4: mov x1, #0",
    "ret",
    entry!("end"),
    entry!("landing_u128"),
    entry!("landing"), // the handler has set x0 and x1
    "ret",
);

/// The routines. None touches anything but the memory that its arguments point to.
mod routine {
    use super::Outcome;

    unsafe extern "C" {
        #[link_name = "elfuse_mem_load_u8"]
        pub fn load_u8(from: *const u8) -> Outcome;
        #[link_name = "elfuse_mem_load_u16"]
        pub fn load_u16(from: *const u8) -> Outcome;
        #[link_name = "elfuse_mem_load_u32"]
        pub fn load_u32(from: *const u8) -> Outcome;
        #[link_name = "elfuse_mem_load_u64"]
        pub fn load_u64(from: *const u8) -> Outcome;
        #[link_name = "elfuse_mem_load_u128"]
        pub fn load_u128(from: *const u8, value: *mut u128) -> Outcome;
        #[link_name = "elfuse_mem_store_u8"]
        pub fn store_u8(to: *mut u8, value: u64) -> Outcome;
        #[link_name = "elfuse_mem_store_u16"]
        pub fn store_u16(to: *mut u8, value: u64) -> Outcome;
        #[link_name = "elfuse_mem_store_u32"]
        pub fn store_u32(to: *mut u8, value: u64) -> Outcome;
        #[link_name = "elfuse_mem_store_u64"]
        pub fn store_u64(to: *mut u8, value: u64) -> Outcome;
        #[link_name = "elfuse_mem_store_u128"]
        pub fn store_u128(to: *mut u8, value: *const u128) -> Outcome;
        #[link_name = "elfuse_mem_swap_u8"]
        pub fn swap_u8(at: *mut u8, old: u64, new: u64) -> Outcome;
        #[link_name = "elfuse_mem_swap_u16"]
        pub fn swap_u16(at: *mut u8, old: u64, new: u64) -> Outcome;
        #[link_name = "elfuse_mem_swap_u32"]
        pub fn swap_u32(at: *mut u8, old: u64, new: u64) -> Outcome;
        #[link_name = "elfuse_mem_swap_u64"]
        pub fn swap_u64(at: *mut u8, old: u64, new: u64) -> Outcome;
        #[link_name = "elfuse_mem_swap_u128"]
        pub fn swap_u128(at: *mut u8, old: *mut u128, new: *const u128) -> Outcome;
        #[link_name = "elfuse_mem_copy"]
        pub fn copy(to: *mut u8, from: *const u8, len: usize) -> Outcome;

        #[link_name = "elfuse_mem_begin"]
        pub static BEGIN: u8;
        #[link_name = "elfuse_mem_swap_u128"]
        pub static SWAP_U128: u8;
        #[link_name = "elfuse_mem_swap_u128_end"]
        pub static SWAP_U128_END: u8;
        #[link_name = "elfuse_mem_copy_wide"]
        pub static COPY_WIDE: u8;
        #[link_name = "elfuse_mem_landing_copy"]
        pub static LANDING_COPY: u8;
        #[link_name = "elfuse_mem_end"]
        pub static END: u8;
        #[link_name = "elfuse_mem_landing"]
        pub static LANDING: u8;
        #[link_name = "elfuse_mem_landing_u128"]
        pub static LANDING_U128: u8;
    }
}

pub(crate) use routine::copy;

/// Makes a routine that faulted return `SEGV` or `BUS`.
pub(crate) fn on_fault(context: &mut FaultContext<'_>) -> bool {
    let pc = context.pc();
    if !(&raw const routine::BEGIN as usize..&raw const routine::END as usize).contains(&pc) {
        return false;
    }
    let copy_wide =
        &raw const routine::COPY_WIDE as usize..&raw const routine::LANDING_COPY as usize;
    if copy_wide.contains(&pc) {
        // The result registers are not in use there.
        context.resume(&raw const routine::LANDING_COPY as usize, [0, 0]);
        return true;
    }
    let wide = &raw const routine::SWAP_U128 as usize..&raw const routine::SWAP_U128_END as usize;
    let landing = if wide.contains(&pc) {
        &raw const routine::LANDING_U128
    } else {
        &raw const routine::LANDING
    };
    let status = match context.signal() {
        FaultSignal::Segv => SEGV,
        FaultSignal::Bus => BUS,
    };
    context.resume(landing as usize, [context.addr() as u64, status]);
    true
}

/// A value that one access moves: `u8` to `u128`.
pub trait Scalar: Copy + PartialEq + Into<u128> + private::Sealed {
    /// The low bits of `value`.
    fn truncated(value: u128) -> Self;
}

mod private {
    use super::Outcome;

    /// The routines for one type. A failure is the outcome of the routine.
    ///
    /// # Safety
    /// The pointer must point into a slab: memory that holds no Rust objects, where a fault is
    /// the worst that can happen.
    pub trait Sealed: Sized {
        unsafe fn load(from: *const u8) -> Result<Self, Outcome>;
        unsafe fn store(to: *mut u8, value: Self) -> Result<(), Outcome>;
        unsafe fn swap(at: *mut u8, old: Self, new: Self) -> Result<Self, Outcome>;
    }
}

macro_rules! scalars {
    ($($t:ident $load:ident $store:ident $swap:ident;)*) => { $(
        impl private::Sealed for $t {
            #[inline]
            unsafe fn load(from: *const u8) -> Result<Self, Outcome> {
                // SAFETY: the caller's promise.
                let outcome = unsafe { routine::$load(from) };
                if outcome.status == OK { Ok(outcome.value as $t) } else { Err(outcome) }
            }

            #[inline]
            unsafe fn store(to: *mut u8, value: Self) -> Result<(), Outcome> {
                // SAFETY: the caller's promise.
                let outcome = unsafe { routine::$store(to, u64::from(value)) };
                if outcome.status == OK { Ok(()) } else { Err(outcome) }
            }

            #[inline]
            unsafe fn swap(at: *mut u8, old: Self, new: Self) -> Result<Self, Outcome> {
                // SAFETY: the caller's promise.
                let outcome = unsafe { routine::$swap(at, u64::from(old), u64::from(new)) };
                if outcome.status == OK { Ok(outcome.value as $t) } else { Err(outcome) }
            }
        }
        impl Scalar for $t {
            #[inline]
            fn truncated(value: u128) -> Self {
                value as Self
            }
        }
    )* };
}
scalars! {
    u8 load_u8 store_u8 swap_u8;
    u16 load_u16 store_u16 swap_u16;
    u32 load_u32 store_u32 swap_u32;
    u64 load_u64 store_u64 swap_u64;
}

impl private::Sealed for u128 {
    #[inline]
    unsafe fn load(from: *const u8) -> Result<Self, Outcome> {
        let mut value = 0;
        // SAFETY: the caller's promise, and a local.
        let outcome = unsafe { routine::load_u128(from, &mut value) };
        if outcome.status == OK { Ok(value) } else { Err(outcome) }
    }

    #[inline]
    unsafe fn store(to: *mut u8, value: Self) -> Result<(), Outcome> {
        // SAFETY: the caller's promise, and a local.
        let outcome = unsafe { routine::store_u128(to, &value) };
        if outcome.status == OK { Ok(()) } else { Err(outcome) }
    }

    #[inline]
    unsafe fn swap(at: *mut u8, old: Self, new: Self) -> Result<Self, Outcome> {
        let mut value = old;
        // SAFETY: the caller's promise, and locals.
        let outcome = unsafe { routine::swap_u128(at, &mut value, &new) };
        if outcome.status == OK { Ok(value) } else { Err(outcome) }
    }
}
impl Scalar for u128 {
    #[inline]
    fn truncated(value: u128) -> Self {
        value
    }
}
