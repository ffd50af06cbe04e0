//! The AArch64 user-mode register file.

/// Registers that EL0 can see, as plain data. One guest thread has one.
///
/// The layout is fixed because generated code addresses it by offset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Registers {
    /// `V0`–`V31`, 128 bits each.
    pub v: [u128; 32],
    /// `X0`–`X30`.
    pub x: [u64; 31],
    /// `SP` (`SP_EL0`).
    pub sp: u64,
    /// The program counter.
    pub pc: u64,
    /// `TPIDR_EL0`, the thread pointer.
    pub tpidr_el0: u64,
    /// The condition flags N, Z, C, V in bits 31–28, as in `PSTATE` and the `NZCV` register.
    pub nzcv: u32,
    /// The other bits of `PSTATE` that user mode can change, in their places: DIT (24), SSBS (12).
    pub pstate: u32,
    /// `FPCR`.
    pub fpcr: u32,
    /// `FPSR`.
    pub fpsr: u32,
    /// Not the guest's: the engine's own words, here so that generated code reaches them and the
    /// registers from one base. Meaningless to everybody else, and all alike to `==`.
    pub engine: EngineWords,
}

/// Words of the engine that runs a thread.
#[derive(Clone, Debug, Default)]
#[repr(transparent)]
pub struct EngineWords(pub [u64; 16]);

impl PartialEq for EngineWords {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for EngineWords {}

impl Registers {
    /// All zero: what `execve(2)` starts a program with, apart from `pc` and `sp`.
    pub const fn new() -> Self {
        Self {
            v: [0; 32],
            x: [0; 31],
            sp: 0,
            pc: 0,
            tpidr_el0: 0,
            nzcv: 0,
            pstate: 0,
            fpcr: 0,
            fpsr: 0,
            engine: EngineWords([0; 16]),
        }
    }
}

impl Default for Registers {
    fn default() -> Self {
        Self::new()
    }
}
