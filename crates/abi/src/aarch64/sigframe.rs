//! The signal frame (`asm/sigcontext.h`, `asm/ucontext.h`, `arch/arm64/kernel/signal.c`).

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::signal::{AltStack, SigInfo, SigSet};

/// `struct rt_sigframe`: what lies at SP when a handler starts. 4688 bytes.
#[derive(Clone, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct RtSigframe {
    /// Filled in for `SA_SIGINFO` handlers.
    pub info: SigInfo,
    /// The interrupted context.
    pub uc: Ucontext,
}

/// `struct ucontext`.
#[derive(Clone, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Ucontext {
    /// `uc_flags`: zero.
    pub flags: u64,
    /// `uc_link`: zero.
    pub link: u64,
    /// The alternate stack as it was.
    pub stack: AltStack,
    /// The mask to restore.
    pub sigmask: SigSet,
    /// Room for 1024 signals, and alignment of what follows.
    pub pad: [u8; 128],
    /// Registers.
    pub mcontext: Sigcontext,
}

/// `struct sigcontext`.
#[derive(Clone, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Sigcontext {
    /// The address of the latest fault.
    pub fault_address: u64,
    /// `X0`–`X30`.
    pub regs: [u64; 31],
    /// SP.
    pub sp: u64,
    /// PC.
    pub pc: u64,
    /// PSTATE: NZCV in bits 31–28.
    pub pstate: u64,
    /// Alignment of the records.
    pub pad: u64,
    /// `__reserved`: records of (magic, size) and data, ended by a record of zeros.
    pub reserved: [u8; 4096],
}

/// `struct _aarch64_ctx`: the head of a record.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct RecordHead {
    /// What the record is; zero ends the list.
    pub magic: u32,
    /// Its size with the head; a multiple of 16.
    pub size: u32,
}

/// `struct fpsimd_context`.
#[derive(Clone, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FpsimdContext {
    /// [`FPSIMD_MAGIC`] and the size of this structure.
    pub head: RecordHead,
    /// FPSR.
    pub fpsr: u32,
    /// FPCR.
    pub fpcr: u32,
    /// `V0`–`V31`, little-endian.
    pub vregs: [[u8; 16]; 32],
}

/// `struct esr_context`: the syndrome of the latest fault.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct EsrContext {
    /// [`ESR_MAGIC`] and the size of this structure.
    pub head: RecordHead,
    /// `ESR_EL1`.
    pub esr: u64,
}

/// `struct frame_record`, above the frame: what a frame-pointer unwinder follows.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FrameRecord {
    /// The interrupted `X29`.
    pub fp: u64,
    /// The interrupted `X30`.
    pub lr: u64,
}

/// Magic of [`FpsimdContext`].
pub const FPSIMD_MAGIC: u32 = 0x4650_8001;
/// Magic of [`EsrContext`].
pub const ESR_MAGIC: u32 = 0x4553_5201;

const _: () = {
    assert!(size_of::<RtSigframe>() == 4688);
    assert!(std::mem::offset_of!(Ucontext, mcontext) == 176);
    assert!(std::mem::offset_of!(Sigcontext, reserved) == 288);
    assert!(size_of::<FpsimdContext>() == 528);
};
