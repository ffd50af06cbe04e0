//! Exclusive, ordered and atomic accesses.
//!
//! The exclusive monitor remembers address, size and *value*; a store-exclusive is a compare and
//! swap against it. That accepts a store in between that put the same value back (ABA), which the
//! architecture would refuse; compilers' and libraries' LL/SC loops do not depend on it, and the
//! exact alternative, write-protecting the page, costs two system calls a loop.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Access;

use super::super::cpu::{Cpu, Monitor};
use super::{Outcome, undefined};
use crate::a64::Insn;

fn size(i: Insn) -> u32 {
    i.bits(31, 30)
}

/// The low `1 << size` bytes.
fn truncated(value: u64, size: u32) -> u64 {
    value & u64::MAX >> (64 - (8 << size))
}

// ---- Ordered ----

/// Covers `STLLR` too, whose weaker ordering is not worth a difference.
pub fn STLR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    cpu.store_release(addr, size(i), cpu.x(i.rd()))
}

/// Covers `LDLAR` too.
pub fn LDAR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = cpu.load_acquire(cpu.base(i.rn())?, size(i))?;
    cpu.set_x(i.rd(), value);
    Ok(())
}

pub use LDAR as LDAPR;

// ---- Exclusive ----

pub fn LDXR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    cpu.check_aligned(addr, 1 << size(i), Access::Read)?;
    let value = cpu.load_acquire(addr, size(i))?;
    cpu.monitor = Some(Monitor { addr, bytes: 1 << size(i), value: u128::from(value) });
    cpu.set_x(i.rd(), value);
    Ok(())
}

/// Finishes a store-exclusive: writes the status register.
fn store_exclusive(cpu: &mut Cpu<'_>, i: Insn, addr: u64, bytes: u32, value: u128) -> Outcome {
    cpu.check_aligned(addr, u64::from(bytes), Access::Write)?;
    let monitor = cpu.monitor.take().filter(|m| m.addr == addr && m.bytes == bytes);
    let stored = match monitor {
        Some(monitor) => cpu.swap_if(addr, bytes, monitor.value, value)? == monitor.value,
        None => {
            // Even a store that fails faults where it could not have been made.
            cpu.probe_write(addr)?;
            false
        }
    };
    cpu.set_x(i.rm(), u64::from(!stored));
    Ok(())
}

pub fn STXR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    let value = truncated(cpu.x(i.rd()), size(i));
    store_exclusive(cpu, i, addr, 1 << size(i), u128::from(value))
}

/// Two registers of 32 or 64 bits as one value, first register lowest.
fn joined(low: u64, high: u64, wide: bool) -> u128 {
    if wide {
        u128::from(high) << 64 | u128::from(low)
    } else {
        u128::from(high << 32 | low & 0xffff_ffff)
    }
}

/// The opposite of [`joined`].
fn split(value: u128, wide: bool) -> (u64, u64) {
    if wide {
        (value as u64, (value >> 64) as u64)
    } else {
        (u64::from(value as u32), u64::from((value >> 32) as u32))
    }
}

pub fn LDXP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    let bytes = if i.bit(30) { 16 } else { 8 };
    cpu.check_aligned(addr, bytes, Access::Read)?;
    let value = if i.bit(30) { cpu.load(addr)? } else { u128::from(cpu.load_acquire(addr, 3)?) };
    cpu.monitor = Some(Monitor { addr, bytes: bytes as u32, value });
    let (low, high) = split(value, i.bit(30));
    cpu.set_x(i.rd(), low);
    cpu.set_x(i.ra(), high);
    Ok(())
}

pub fn STXP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    let value = joined(cpu.x(i.rd()), cpu.x(i.ra()), i.bit(30));
    store_exclusive(cpu, i, addr, if i.bit(30) { 16 } else { 8 }, value)
}

// ---- Compare and swap ----

pub fn CAS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    let bytes = 1 << size(i);
    cpu.check_within_16(addr, u64::from(bytes), Access::Write)?;
    let old = truncated(cpu.x(i.rm()), size(i));
    let new = truncated(cpu.x(i.rd()), size(i));
    let found = cpu.swap_if(addr, bytes, u128::from(old), u128::from(new))?;
    cpu.set_x(i.rm(), found as u64);
    Ok(())
}

pub fn CASP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if (i.rm() | i.rd()) & 1 != 0 {
        return undefined(cpu, i);
    }
    let wide = i.bit(30);
    let addr = cpu.base(i.rn())?;
    let bytes = if wide { 16 } else { 8 };
    cpu.check_aligned(addr, u64::from(bytes), Access::Write)?;
    let old = joined(cpu.x(i.rm()), cpu.x(i.rm() + 1), wide);
    let new = joined(cpu.x(i.rd()), cpu.x(i.rd() + 1), wide);
    let (low, high) = split(cpu.swap_if(addr, bytes, old, new)?, wide);
    cpu.set_x(i.rm(), low);
    cpu.set_x(i.rm() + 1, high);
    Ok(())
}

// ---- Read-modify-write ----

/// Replaces the value in memory by `f(old, operand)` and returns the old one.
fn modify(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(u64, u64) -> u64) -> Outcome {
    let addr = cpu.base(i.rn())?;
    let bytes = 1 << size(i);
    cpu.check_within_16(addr, u64::from(bytes), Access::Write)?;
    let operand = truncated(cpu.x(i.rm()), size(i));
    cpu.probe_write(addr)?;
    let mut old = cpu.load_acquire(addr, size(i))?;
    loop {
        let new = truncated(f(old, operand), size(i));
        let found = cpu.swap_if(addr, bytes, u128::from(old), u128::from(new))? as u64;
        if found == old {
            break;
        }
        old = found;
    }
    cpu.set_x(i.rd(), old);
    Ok(())
}

/// Sign-extends `1 << size` bytes for comparison.
fn signed(value: u64, size: u32) -> i64 {
    let unused = 64 - (8 << size);
    (value << unused) as i64 >> unused
}

macro_rules! read_modify_writes {
    ($($name:ident = |$old:ident, $operand:ident, $size:ident| $new:expr;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let $size = size(i);
            modify(cpu, i, |$old, $operand| $new)
        }
    )*};
}
read_modify_writes! {
    LDADD = |old, operand, _size| old.wrapping_add(operand);
    LDCLR = |old, operand, _size| old & !operand;
    LDEOR = |old, operand, _size| old ^ operand;
    LDSET = |old, operand, _size| old | operand;
    LDSMAX = |old, operand, size| if signed(old, size) > signed(operand, size) { old } else { operand };
    LDSMIN = |old, operand, size| if signed(old, size) < signed(operand, size) { old } else { operand };
    LDUMAX = |old, operand, _size| old.max(operand);
    LDUMIN = |old, operand, _size| old.min(operand);
    SWP = |_old, operand, _size| operand;
}
