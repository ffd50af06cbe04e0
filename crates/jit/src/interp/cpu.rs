#![allow(dead_code)] // Removed once the load and store functions are in.
//! What instruction functions work on: registers, memory, the exclusive monitor.

use engine::aarch64::Registers;
use engine::{Access, Exit, Fault, FaultKind};
use mem::{AccessError, Scalar, Slab};

/// The machine as one instruction sees it.
pub(super) struct Cpu<'a> {
    pub regs: &'a mut Registers,
    /// Where execution goes on; branches overwrite it.
    pub next_pc: u64,
    slab: &'a Slab,
}

impl<'a> Cpu<'a> {
    pub fn new(regs: &'a mut Registers, slab: &'a Slab) -> Self {
        Self { regs, next_pc: 0, slab }
    }

    /// Fetches the word at PC and sets `next_pc` to the instruction behind it.
    #[inline]
    pub fn fetch(&mut self) -> Result<u32, Exit> {
        let pc = self.regs.pc;
        self.next_pc = pc.wrapping_add(4);
        if !pc.is_multiple_of(4) {
            return Err(fault(pc, Access::Execute, FaultKind::Alignment));
        }
        self.slab.load(pc).map_err(|e| access_fault(pc, Access::Execute, e))
    }

    /// `X[n]`; 31 is the zero register.
    #[inline]
    pub fn x(&self, n: usize) -> u64 {
        if n == 31 { 0 } else { self.regs.x[n] }
    }

    /// Writes `X[n]`; 31 is the zero register.
    #[inline]
    pub fn set_x(&mut self, n: usize, value: u64) {
        if n != 31 {
            self.regs.x[n] = value;
        }
    }

    /// `X[n]`, or SP for 31.
    #[inline]
    pub fn x_or_sp(&self, n: usize) -> u64 {
        if n == 31 { self.regs.sp } else { self.regs.x[n] }
    }

    /// Writes `X[n]`, or SP for 31.
    #[inline]
    pub fn set_x_or_sp(&mut self, n: usize, value: u64) {
        if n == 31 { self.regs.sp = value } else { self.regs.x[n] = value }
    }

    /// A data load. Bits 63–56 of the address are ignored (TBI).
    #[inline]
    pub fn load<T: Scalar>(&self, addr: u64) -> Result<T, Exit> {
        self.slab.load(untagged(addr)).map_err(|e| access_fault(addr, Access::Read, e))
    }

    /// A data store. Bits 63–56 of the address are ignored (TBI).
    #[inline]
    pub fn store<T: Scalar>(&self, addr: u64, value: T) -> Result<(), Exit> {
        self.slab.store(untagged(addr), value).map_err(|e| access_fault(addr, Access::Write, e))
    }
}

/// The address that translation sees: bit 55 copied over the tag, as `AArch64.TranslateAddress`
/// does with `TCR_EL1.TBI0` set, which Linux sets for user space.
#[inline]
pub(super) fn untagged(addr: u64) -> u64 {
    ((addr << 8) as i64 >> 8) as u64
}

fn fault(addr: u64, access: Access, kind: FaultKind) -> Exit {
    Exit::Fault(Fault { addr, access, kind })
}

#[cold]
fn access_fault(addr: u64, access: Access, error: AccessError) -> Exit {
    // The failing byte may lie behind the first one, on the next page.
    let addr = addr.wrapping_add(error.addr.wrapping_sub(untagged(addr)));
    fault(addr, access, if error.bus { FaultKind::Bus } else { FaultKind::Page })
}
