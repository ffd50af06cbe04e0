//! Hints, barriers, PSTATE and system registers, cache maintenance.
#![allow(non_snake_case)] // The table's names are the manual's.

use std::sync::atomic::{Ordering, fence};

use engine::{Exit, Fault};

use super::super::cpu::Cpu;
use super::{Outcome, undefined};
use crate::a64::Insn;

/// All hints: those that we know change nothing that a program could see (`YIELD`, `WFE`, branch
/// targets, pointer authentication without FEAT_PAuth), and the rest are defined to be `NOP`.
pub fn HINT(_: &mut Cpu<'_>, _: Insn) -> Outcome {
    Ok(())
}

pub fn CLREX(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    cpu.monitor = None;
    Ok(())
}

pub fn DMB(_: &mut Cpu<'_>, _: Insn) -> Outcome {
    fence(Ordering::SeqCst);
    Ok(())
}

pub use DMB as DSB;
/// Each instruction is fetched anew, so there is nothing to synchronise.
pub use HINT as ISB;
pub use HINT as SB;

// ---- Flags ----

const N: u32 = 1 << 31;
const Z: u32 = 1 << 30;
const C: u32 = 1 << 29;
const V: u32 = 1 << 28;

pub fn CFINV(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    cpu.regs.nzcv ^= C;
    Ok(())
}

/// From the flags of an Arm floating-point comparison to the alternative ones.
pub fn AXFLAG(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    let old = cpu.regs.nzcv;
    let z = if old & (Z | V) != 0 { Z } else { 0 };
    let c = if old & C != 0 && old & V == 0 { C } else { 0 };
    cpu.regs.nzcv = z | c;
    Ok(())
}

/// From the alternative flags of a floating-point comparison to Arm's.
pub fn XAFLAG(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    let (z, c) = (cpu.regs.nzcv & Z != 0, cpu.regs.nzcv & C != 0);
    let flag = |set, bit| if set { bit } else { 0 };
    cpu.regs.nzcv = flag(!c && !z, N) | flag(z && c, Z) | flag(c || z, C) | flag(!c && z, V);
    Ok(())
}

// ---- System registers ----

/// `op0:op1:CRn:CRm:op2` in the places of bits 20–5.
const fn register(op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> u32 {
    op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}

const MIDR_EL1: u32 = register(3, 0, 0, 0, 0);
const MPIDR_EL1: u32 = register(3, 0, 0, 0, 5);
const REVIDR_EL1: u32 = register(3, 0, 0, 0, 6);
const ID_AA64PFR0_EL1: u32 = register(3, 0, 0, 4, 0);
const ID_AA64PFR1_EL1: u32 = register(3, 0, 0, 4, 1);
const ID_AA64ZFR0_EL1: u32 = register(3, 0, 0, 4, 4);
const ID_AA64ISAR0_EL1: u32 = register(3, 0, 0, 6, 0);
const ID_AA64ISAR1_EL1: u32 = register(3, 0, 0, 6, 1);
const ID_AA64ISAR2_EL1: u32 = register(3, 0, 0, 6, 2);
const ID_AA64MMFR0_EL1: u32 = register(3, 0, 0, 7, 0);
const ID_AA64MMFR1_EL1: u32 = register(3, 0, 0, 7, 1);
const ID_AA64MMFR2_EL1: u32 = register(3, 0, 0, 7, 2);
const CTR_EL0: u32 = register(3, 3, 0, 0, 1);
const DCZID_EL0: u32 = register(3, 3, 0, 0, 7);
const NZCV: u32 = register(3, 3, 4, 2, 0);
const DIT: u32 = register(3, 3, 4, 2, 5);
const SSBS: u32 = register(3, 3, 4, 2, 6);
const FPCR: u32 = register(3, 3, 4, 4, 0);
const FPSR: u32 = register(3, 3, 4, 4, 1);
const TPIDR_EL0: u32 = register(3, 3, 13, 0, 2);
const TPIDRRO_EL0: u32 = register(3, 3, 13, 0, 3);
const CNTFRQ_EL0: u32 = register(3, 3, 14, 0, 0);
const CNTVCT_EL0: u32 = register(3, 3, 14, 0, 2);
/// Ours: CLOCK_REALTIME in nanoseconds, for the vDSO (`loader::vdso`).
const CLOCK_REALTIME_NS: u32 = register(3, 3, 15, 2, 0);
/// Ours: CLOCK_MONOTONIC in nanoseconds, for the vDSO.
const CLOCK_MONOTONIC_NS: u32 = register(3, 3, 15, 2, 1);

/// AHP, DN, FZ, RMode, FZ16. The trap enables are RAZ/WI, as on most cores: trapping is optional.
const FPCR_WRITABLE: u32 = 0x07c8_0000;
/// QC and the cumulative exception bits.
const FPSR_WRITABLE: u32 = 0x0800_009f;
/// log2 of the words in a `DC ZVA` block: 64 bytes.
const DCZID_BLOCK: u64 = 4;
const ZVA_BYTES: u64 = 4 << DCZID_BLOCK;
/// CWG, ERG, DminLine and IminLine: 64 bytes. L1Ip: VIPT. IDC and DIC are clear, so programs that
/// write code must say so (`DC CVAU`, `IC IVAU`), which is what tells engines to look again.
const CTR: u64 = 1 << 31 | 4 << 24 | 4 << 20 | 4 << 16 | 2 << 14 | 4;

/// The registers that user mode may read. ID registers show what Linux shows to user mode
/// (Documentation/arch/arm64/cpu-feature-registers.rst) of a core with exactly our features.
fn read(cpu: &Cpu<'_>, register: u32) -> Option<u64> {
    Some(match register {
        NZCV => u64::from(cpu.regs.nzcv),
        FPCR => u64::from(cpu.regs.fpcr),
        FPSR => u64::from(cpu.regs.fpsr),
        TPIDR_EL0 => cpu.regs.tpidr_el0,
        TPIDRRO_EL0 => 0,
        DIT | SSBS => u64::from(cpu.regs.pstate & pstate_bit(register)),
        CTR_EL0 => CTR,
        DCZID_EL0 => DCZID_BLOCK,
        CNTFRQ_EL0 => 1_000_000_000,
        CNTVCT_EL0 | CLOCK_MONOTONIC_NS => host::time::monotonic_ns(),
        CLOCK_REALTIME_NS => host::time::realtime_ns(),
        // Implementer 0 is reserved for software.
        MIDR_EL1 => 0x000f_0000,
        MPIDR_EL1 => 0x8000_0000,
        // AdvSIMD and FP with half precision, DIT; EL0 and EL1 are AArch64 only.
        ID_AA64PFR0_EL1 => 1 << 48 | 1 << 20 | 1 << 16 | 0x11,
        // SSBS with its MRS and MSR.
        ID_AA64PFR1_EL1 => 2 << 4,
        // TS 2, FHM, DP, SHA3, RDM, Atomic 2, CRC32, SHA2 2, SHA1, AES 2.
        ID_AA64ISAR0_EL1 => 0x0021_1001_1021_2120,
        // SB, FRINTTS, LRCPC 2, FCMA, JSCVT, DPB.
        ID_AA64ISAR1_EL1 => 0x0000_0011_0021_1001,
        // No 4 KiB or 64 KiB granule field is shown: "not implemented".
        ID_AA64MMFR0_EL1 => 0xff00_0000,
        // AT: unaligned single-copy atomicity (FEAT_LSE2).
        ID_AA64MMFR2_EL1 => 1 << 32,
        REVIDR_EL1 | ID_AA64ZFR0_EL1 | ID_AA64ISAR2_EL1 | ID_AA64MMFR1_EL1 => 0,
        _ if is_other_id_register(register) => 0,
        _ => return None,
    })
}

/// Whether this is a feature register that we say nothing in, CRm 2 to 7; Linux has user mode read
/// those as zero (`is_emulated()` and `emulate_sys_reg()` in arch/arm64/kernel/cpufeature.c).
fn is_other_id_register(id: u32) -> bool {
    (register(3, 0, 0, 2, 0)..=register(3, 0, 0, 7, 7)).contains(&id)
}

/// The bit of PSTATE behind a register that shows it alone.
fn pstate_bit(register: u32) -> u32 {
    if register == DIT { 1 << 24 } else { 1 << 12 }
}

pub fn MRS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    match read(cpu, i.bits(20, 5)) {
        Some(value) => {
            cpu.set_x(i.rd(), value);
            Ok(())
        }
        None => undefined(cpu, i),
    }
}

pub fn MSR_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = cpu.x(i.rd());
    match i.bits(20, 5) {
        NZCV => cpu.regs.nzcv = value as u32 & (N | Z | C | V),
        FPCR => cpu.regs.fpcr = value as u32 & FPCR_WRITABLE,
        FPSR => cpu.regs.fpsr = value as u32 & FPSR_WRITABLE,
        TPIDR_EL0 => cpu.regs.tpidr_el0 = value,
        register @ (DIT | SSBS) => {
            let bit = pstate_bit(register);
            cpu.regs.pstate = cpu.regs.pstate & !bit | value as u32 & bit;
        }
        _ => return undefined(cpu, i),
    }
    Ok(())
}

/// `MSR DIT, #imm` and `MSR SSBS, #imm`; the other fields are not for user mode.
pub fn MSR_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    // op1 and op2.
    let bit = match (i.bits(18, 16), i.bits(7, 5)) {
        (3, 2) => pstate_bit(DIT),
        (3, 1) => pstate_bit(SSBS),
        _ => return undefined(cpu, i),
    };
    cpu.regs.pstate &= !bit;
    if i.bit(8) {
        cpu.regs.pstate |= bit;
    }
    Ok(())
}

// ---- Cache maintenance ----

const IC_IVAU: u32 = register(1, 3, 7, 5, 1);
const DC_ZVA: u32 = register(1, 3, 7, 4, 1);
const DC_CVAC: u32 = register(1, 3, 7, 10, 1);
const DC_CVAU: u32 = register(1, 3, 7, 11, 1);
const DC_CVAP: u32 = register(1, 3, 7, 12, 1);
const DC_CIVAC: u32 = register(1, 3, 7, 14, 1);

pub fn SYS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.x(i.rd());
    match i.bits(18, 5) | 1 << 14 {
        DC_ZVA => zero_block(cpu, addr),
        // Cleaning needs the permission to read.
        DC_CVAC | DC_CVAU | DC_CVAP | DC_CIVAC => cpu.load::<u8>(addr).map(drop),
        IC_IVAU => invalidate_instructions(cpu, addr),
        _ => undefined(cpu, i),
    }
}

/// A fault is reported at the address in the register, not at the start of the block (FAR_EL1's
/// description).
fn zero_block(cpu: &mut Cpu<'_>, addr: u64) -> Outcome {
    let block = addr & !(ZVA_BYTES - 1);
    for offset in (0..ZVA_BYTES).step_by(16) {
        cpu.store::<u128>(block + offset, 0).map_err(|exit| match exit {
            Exit::Fault(fault) => Exit::Fault(Fault { addr, ..fault }),
            other => other,
        })?;
    }
    Ok(())
}

/// The code in the cache line at `addr` may have changed. The interpreter fetches every instruction
/// from memory, so only the access is left to check; an engine that keeps translations drops them.
fn invalidate_instructions(cpu: &mut Cpu<'_>, addr: u64) -> Outcome {
    cpu.load::<u8>(addr).map(drop)
}
