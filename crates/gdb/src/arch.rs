//! The registers as gdb wants to have them.

use engine::aarch64::Registers;
use gdbstub::arch::{Arch, Registers as Wire};

/// AArch64 as Linux programs see it.
///
/// gdbstub_arch has one, too, with the system registers of a bare machine, and without the thread pointer.
pub enum AArch64 {}

impl Arch for AArch64 {
    type Usize = u64;
    type Registers = WireRegisters;
    type RegId = ();
    type BreakpointKind = usize;

    fn target_description_xml() -> Option<&'static str> {
        Some(include_str!("aarch64.xml"))
    }
}

/// The registers in the order of `aarch64.xml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireRegisters {
    bytes: Vec<u8>,
    pc: u64,
}

/// Where the flags are in `CPSR`, which gdb calls `PSTATE` by.
const FLAGS: u32 = 0xf000_0000;

/// What else of it a program can change: DIT and SSBS.
const PSTATE: u32 = 1 << 24 | 1 << 12;

/// `X0`–`X30`, SP, PC; CPSR; `V0`–`V31`; FPSR and FPCR; TPIDR_EL0.
const SIZE: usize = 33 * 8 + 4 + 32 * 16 + 2 * 4 + 8;

impl WireRegisters {
    /// For gdb to read.
    pub fn of(regs: &Registers) -> Self {
        let mut bytes = Vec::with_capacity(SIZE);
        for word in regs.x.iter().chain([&regs.sp, &regs.pc]) {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend((regs.nzcv | regs.pstate).to_le_bytes());
        bytes.extend(regs.v.iter().flat_map(|v| v.to_le_bytes()));
        bytes.extend([regs.fpsr, regs.fpcr].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(regs.tpidr_el0.to_le_bytes());
        Self { bytes, pc: regs.pc }
    }

    /// What gdb has written.
    pub fn store(&self, regs: &mut Registers) {
        let mut rest = &self.bytes[..];
        for word in regs.x.iter_mut().chain([&mut regs.sp, &mut regs.pc]) {
            *word = u64::from_le_bytes(take(&mut rest));
        }
        let cpsr = u32::from_le_bytes(take(&mut rest));
        (regs.nzcv, regs.pstate) = (cpsr & FLAGS, cpsr & PSTATE);
        for v in &mut regs.v {
            *v = u128::from_le_bytes(take(&mut rest));
        }
        regs.fpsr = u32::from_le_bytes(take(&mut rest));
        regs.fpcr = u32::from_le_bytes(take(&mut rest));
        regs.tpidr_el0 = u64::from_le_bytes(take(&mut rest));
    }
}

/// The next bytes. `gdb_deserialize` has made sure that there are enough.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let Some((first, rest)) = bytes.split_first_chunk() else { return [0; N] };
    *bytes = rest;
    *first
}

impl Wire for WireRegisters {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        self.bytes.iter().for_each(|byte| write_byte(Some(*byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        if bytes.len() != SIZE {
            return Err(());
        }
        self.bytes = bytes.to_vec();
        Ok(())
    }
}
