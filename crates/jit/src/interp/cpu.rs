//! What instruction functions work on: registers, memory, the exclusive monitor.

use std::ops::Range;

use engine::aarch64::Registers;
use engine::{Access, Exit, Fault, FaultKind};
use mem::{AccessError, AddressSpace, Scalar, Slab};

use super::trial::Trial;

/// The machine as one instruction sees it.
pub(super) struct Cpu<'a> {
    pub regs: &'a mut Registers,
    /// Where execution goes on; branches overwrite it.
    pub next_pc: u64,
    /// What the latest load-exclusive saw; cleared on every way into the kernel, as Linux does.
    pub monitor: &'a mut Option<Monitor>,
    slab: &'a Slab,
    /// The map of that memory.
    pub space: &'a AddressSpace,
    code: &'a mut Code,
    /// Takes the stores, if this is a trial.
    trial: Option<&'a Trial>,
}

/// Addresses known to be executable, as of a generation of the address space. Outlives a stay in
/// guest code, because looking a mapping up costs as much as a cheap system call.
#[derive(Debug, Default)]
pub(super) struct Code {
    range: Range<u64>,
    generation: u64,
}

/// The exclusive monitor of a thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Monitor {
    /// Where, without the tag.
    pub addr: u64,
    /// The size of the access.
    pub bytes: u32,
    /// What was there.
    pub value: u128,
}

impl<'a> Cpu<'a> {
    /// A thread on its way out of the kernel.
    pub fn new(
        regs: &'a mut Registers,
        space: &'a AddressSpace,
        code: &'a mut Code,
        monitor: &'a mut Option<Monitor>,
        trial: Option<&'a Trial>,
    ) -> Self {
        // PC never holds a tag: an exception return drops it as a branch does.
        regs.pc = untagged(regs.pc);
        let slab = space.slab();
        Self { regs, next_pc: 0, monitor, slab, space, code, trial }
    }

    /// Fetches the word at PC and sets `next_pc` to the instruction behind it.
    #[inline]
    pub fn fetch(&mut self) -> Result<u32, Exit> {
        let pc = self.regs.pc;
        self.next_pc = pc.wrapping_add(4);
        if !pc.is_multiple_of(4) {
            return Err(fault(pc, Access::Execute, FaultKind::Alignment));
        }
        let generation = self.space.exec_generation();
        if !self.code.range.contains(&pc) || generation != self.code.generation {
            let range = self.space.is_executable(pc);
            let range = range.ok_or_else(|| fault(pc, Access::Execute, FaultKind::Page))?;
            *self.code = Code { range, generation };
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

    /// `ConditionHolds()`.
    #[inline]
    pub fn condition(&self, cond: u32) -> bool {
        let flags = self.regs.nzcv >> 28;
        let (n, z, c, v) = (flags & 8 != 0, flags & 4 != 0, flags & 2 != 0, flags & 1 != 0);
        let holds = match cond >> 1 {
            0 => z,
            1 => c,
            2 => n,
            3 => v,
            4 => c && !z,
            5 => n == v,
            6 => n == v && !z,
            _ => return true,
        };
        holds != (cond & 1 != 0)
    }

    /// The base register of an access: X, or SP, which must be aligned (`CheckSPAlignment()`; Linux
    /// sets `SCTLR_EL1.SA0`).
    #[inline]
    pub fn base(&self, n: usize) -> Result<u64, Exit> {
        if n == 31 && !self.regs.sp.is_multiple_of(16) {
            return Err(fault(self.regs.sp, Access::Read, FaultKind::Alignment));
        }
        Ok(self.x_or_sp(n))
    }

    /// An alignment fault unless the access lies within 16 aligned bytes, which is all that
    /// FEAT_LSE2 asks of exclusive, atomic and ordered accesses (`AArch64.UnalignedAccessFaults()`
    /// with `SCTLR_EL1.nAA` clear).
    #[inline]
    pub fn check_within_16(&self, addr: u64, bytes: u64, access: Access) -> Result<(), Exit> {
        if addr % 16 + bytes <= 16 {
            Ok(())
        } else {
            Err(fault(addr, access, FaultKind::Alignment))
        }
    }

    /// A data load. Bits 63–56 of the address are ignored (TBI).
    #[inline]
    pub fn load<T: Scalar>(&self, addr: u64) -> Result<T, Exit> {
        let at = untagged(addr);
        match self.trial {
            None => self.slab.load(at),
            Some(trial) => trial.load(self.slab, at),
        }
        .map_err(|e| access_fault(addr, Access::Read, e))
    }

    /// A data store. Bits 63–56 of the address are ignored (TBI).
    #[inline]
    pub fn store<T: Scalar>(&self, addr: u64, value: T) -> Result<(), Exit> {
        let at = untagged(addr);
        match self.trial {
            None => self.slab.store(at, value),
            Some(trial) => trial.store(self.slab, at, value),
        }
        .map_err(|e| access_fault(addr, Access::Write, e))
    }

    /// A load-acquire of `bytes` (1 to 16), zero-extended. A failure is reported as one of `access`.
    #[inline]
    pub fn load_acquire(&self, addr: u64, bytes: u32, access: Access) -> Result<u128, Exit> {
        self.check_within_16(addr, u64::from(bytes), access)?;
        let at = untagged(addr);
        match bytes {
            1 => self.acquire::<u8>(at),
            2 => self.acquire::<u16>(at),
            4 => self.acquire::<u32>(at),
            8 => self.acquire::<u64>(at),
            _ => self.acquire::<u128>(at),
        }
        .map_err(|e| access_fault(addr, access, e))
    }

    fn acquire<T: Scalar>(&self, at: u64) -> Result<u128, AccessError> {
        match self.trial {
            None => self.slab.load_acquire::<T>(at),
            Some(trial) => trial.load::<T>(self.slab, at),
        }
        .map(Into::into)
    }

    /// A store-release of the low `bytes` (1 to 8).
    #[inline]
    pub fn store_release(&self, addr: u64, bytes: u32, value: u64) -> Result<(), Exit> {
        self.check_within_16(addr, u64::from(bytes), Access::Write)?;
        let at = untagged(addr);
        match bytes {
            1 => self.release(at, value as u8),
            2 => self.release(at, value as u16),
            4 => self.release(at, value as u32),
            _ => self.release(at, value),
        }
        .map_err(|e| access_fault(addr, Access::Write, e))
    }

    fn release<T: Scalar>(&self, at: u64, value: T) -> Result<(), AccessError> {
        match self.trial {
            None => self.slab.store_release(at, value),
            Some(trial) => trial.store(self.slab, at, value),
        }
    }

    /// Replaces the `bytes` (1 to 16) at `addr` by `new` if they are `old`; returns what was there.
    #[inline]
    pub fn swap_if(&self, addr: u64, bytes: u32, old: u128, new: u128) -> Result<u128, Exit> {
        self.check_within_16(addr, u64::from(bytes), Access::Write)?;
        let at = untagged(addr);
        match bytes {
            1 => self.exchange(at, old as u8, new as u8),
            2 => self.exchange(at, old as u16, new as u16),
            4 => self.exchange(at, old as u32, new as u32),
            8 => self.exchange(at, old as u64, new as u64),
            _ => self.exchange(at, old, new),
        }
        .map_err(|e| access_fault(addr, Access::Write, e))
    }

    fn exchange<T: Scalar>(&self, at: u64, old: T, new: T) -> Result<u128, AccessError> {
        match self.trial {
            None => self.slab.compare_exchange(at, old, new),
            Some(trial) => trial.swap_if(self.slab, at, old, new),
        }
        .map(Into::into)
    }

    /// The instruction may have another result when it is executed again.
    pub fn note_unrepeatable(&self) {
        if let Some(trial) = self.trial {
            trial.note_unrepeatable();
        }
    }
}

/// The address that translation sees: bit 55 copied over the tag, as `AArch64.TranslateAddress`
/// does with `TCR_EL1.TBI0` set, which Linux sets for user space.
#[inline]
pub(crate) fn untagged(addr: u64) -> u64 {
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
