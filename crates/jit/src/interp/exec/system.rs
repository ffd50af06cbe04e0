//! Hints, barriers, PSTATE and system registers, cache maintenance.
#![allow(non_snake_case)] // The table's names are the manual's.

use std::sync::atomic::{Ordering, fence};

use engine::{Exit, Fault};

use super::super::cpu::{Cpu, untagged};
use super::{Outcome, undefined};
use crate::a64::Insn;

/// All hints: those that we know change nothing that a program could see (`YIELD`, `WFE`, branch
/// targets, pointer authentication without FEAT_PAuth), and the rest are defined to be `NOP`.
pub fn HINT(_: &mut Cpu<'_>, _: Insn) -> Outcome {
    Ok(())
}

pub fn CLREX(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    *cpu.monitor = None;
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

// ---- Registers that user mode may write ----

/// AHP, DN, FZ, RMode, FZ16. The trap enables are RAZ/WI, as on most cores: trapping is optional.
pub(crate) const FPCR_WRITABLE: u32 = 0x07c8_0000;
/// QC and the cumulative exception bits.
pub(crate) const FPSR_WRITABLE: u32 = 0x0800_009f;
/// The bits of `Registers::pstate`, and of the registers that show one of them alone.
const PSTATE_DIT: u32 = 1 << 24;
const PSTATE_SSBS: u32 = 1 << 12;

macro_rules! registers {
    ($($read:ident, $write:ident = $field:ident: $type:ty, $writable:expr;)*) => {$(
        pub fn $read(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            cpu.set_x(i.rd(), u64::from(cpu.regs.$field & $writable));
            Ok(())
        }

        pub fn $write(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let value = cpu.x(i.rd()) as $type;
            cpu.regs.$field = cpu.regs.$field & !$writable | value & $writable;
            Ok(())
        }
    )*};
}
registers! {
    MRS_NZCV, MSR_NZCV = nzcv: u32, N | Z | C | V;
    MRS_DIT, MSR_DIT = pstate: u32, PSTATE_DIT;
    MRS_SSBS, MSR_SSBS = pstate: u32, PSTATE_SSBS;
    MRS_FPCR, MSR_FPCR = fpcr: u32, FPCR_WRITABLE;
    MRS_FPSR, MSR_FPSR = fpsr: u32, FPSR_WRITABLE;
    MRS_TPIDR_EL0, MSR_TPIDR_EL0 = tpidr_el0: u64, u64::MAX;
}

/// `MSR`, immediate: bit 0 of CRm.
fn set_pstate(cpu: &mut Cpu<'_>, i: Insn, bit: u32) -> Outcome {
    let value = if i.bit(8) { bit } else { 0 };
    cpu.regs.pstate = cpu.regs.pstate & !bit | value;
    Ok(())
}

pub fn MSR_DIT_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    set_pstate(cpu, i, PSTATE_DIT)
}

pub fn MSR_SSBS_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    set_pstate(cpu, i, PSTATE_SSBS)
}

// ---- Registers that user mode may only read ----

/// `op0:op1:CRn:CRm:op2` in the places of bits 20–5.
const fn register(op0: u32, op1: u32, crn: u32, crm: u32, op2: u32) -> u32 {
    op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2
}

const MIDR_EL1: u32 = register(3, 0, 0, 0, 0);
const MPIDR_EL1: u32 = register(3, 0, 0, 0, 5);
const REVIDR_EL1: u32 = register(3, 0, 0, 0, 6);
const ID_AA64PFR0_EL1: u32 = register(3, 0, 0, 4, 0);
const ID_AA64PFR1_EL1: u32 = register(3, 0, 0, 4, 1);
const ID_AA64ISAR0_EL1: u32 = register(3, 0, 0, 6, 0);
const ID_AA64ISAR1_EL1: u32 = register(3, 0, 0, 6, 1);
const ID_AA64MMFR0_EL1: u32 = register(3, 0, 0, 7, 0);
const ID_AA64MMFR2_EL1: u32 = register(3, 0, 0, 7, 2);
const CTR_EL0: u32 = register(3, 3, 0, 0, 1);
const DCZID_EL0: u32 = register(3, 3, 0, 0, 7);
const TPIDRRO_EL0: u32 = register(3, 3, 13, 0, 3);
const CNTFRQ_EL0: u32 = register(3, 3, 14, 0, 0);
const CNTVCT_EL0: u32 = register(3, 3, 14, 0, 2);
/// Ours: CLOCK_REALTIME in nanoseconds, for the vDSO (`loader::vdso`).
const CLOCK_REALTIME_NS: u32 = register(3, 3, 15, 2, 0);
/// Ours: CLOCK_MONOTONIC in nanoseconds, for the vDSO.
const CLOCK_MONOTONIC_NS: u32 = register(3, 3, 15, 2, 1);

/// log2 of the words in a `DC ZVA` block: 64 bytes.
const DCZID_BLOCK: u64 = 4;
const ZVA_BYTES: u64 = 4 << DCZID_BLOCK;
/// CWG, ERG, DminLine and IminLine: 64 bytes. L1Ip: VIPT. IDC and DIC are clear, so programs that
/// write code must say so (`DC CVAU`, `IC IVAU`), which is what tells engines to look again.
const CTR: u64 = 1 << 31 | 4 << 24 | 4 << 20 | 4 << 16 | 2 << 14 | 4;
const LINE_BYTES: u64 = 64;

/// Whether a register is a clock.
pub(crate) fn is_clock(id: u32) -> bool {
    matches!(id, CNTVCT_EL0 | CLOCK_REALTIME_NS | CLOCK_MONOTONIC_NS)
}

/// The value of a register that is a clock.
pub(crate) fn clock(id: u32) -> Option<u64> {
    match id {
        CLOCK_REALTIME_NS => Some(host::time::realtime_ns()),
        _ => is_clock(id).then(host::time::monotonic_ns),
    }
}

/// The value of a register that always has the same. ID registers show what Linux shows to user mode
/// (Documentation/arch/arm64/cpu-feature-registers.rst) of a core with exactly our features.
pub(crate) fn constant_register(id: u32) -> Option<u64> {
    Some(match id {
        TPIDRRO_EL0 => 0,
        CTR_EL0 => CTR,
        DCZID_EL0 => DCZID_BLOCK,
        CNTFRQ_EL0 => 1_000_000_000,
        MIDR_EL1 => u64::from(abi::aarch64::hwcap::MIDR),
        MPIDR_EL1 => 0x8000_0000,
        REVIDR_EL1 => 0,
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
        _ if is_other_id_register(id) => 0,
        _ => return None,
    })
}

/// Whether this is a feature register that we say nothing in, CRm 2 to 7; Linux has user mode read
/// those as zero (`is_emulated()` and `emulate_sys_reg()` in arch/arm64/kernel/cpufeature.c).
fn is_other_id_register(id: u32) -> bool {
    (register(3, 0, 0, 2, 0)..=register(3, 0, 0, 7, 7)).contains(&id)
}

pub fn MRS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let id = i.bits(20, 5);
    if is_clock(id) {
        cpu.note_unrepeatable();
    }
    let Some(value) = clock(id).or_else(|| constant_register(id)) else {
        return undefined(cpu, i);
    };
    cpu.set_x(i.rd(), value);
    Ok(())
}

// ---- Cache maintenance ----

/// Cleaning changes nothing, but needs the permission to read.
pub fn DC_CVAC(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.load::<u8>(cpu.x(i.rd())).map(drop)
}

pub use {DC_CVAC as DC_CVAU, DC_CVAC as DC_CVAP, DC_CVAC as DC_CIVAC};

/// The code in the cache line may have changed. The interpreter fetches every instruction from
/// memory, so there is only the access to check; but another engine that interprets a part may keep
/// translations of the rest.
pub fn IC_IVAU(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.x(i.rd());
    cpu.load::<u8>(addr)?;
    let line = untagged(addr) & !(LINE_BYTES - 1);
    cpu.space.code_written(line..line + LINE_BYTES);
    Ok(())
}

/// A fault is reported at the address in the register, not at the start of the block (FAR_EL1's
/// description).
pub fn DC_ZVA(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.x(i.rd());
    let block = addr & !(ZVA_BYTES - 1);
    for offset in (0..ZVA_BYTES).step_by(16) {
        cpu.store::<u128>(block + offset, 0).map_err(|exit| match exit {
            Exit::Fault(fault) => Exit::Fault(Fault { addr, ..fault }),
            other => other,
        })?;
    }
    Ok(())
}
