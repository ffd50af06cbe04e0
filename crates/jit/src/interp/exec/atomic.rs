//! Exclusive, ordered and atomic accesses.
//!
//! The exclusive monitor remembers address, size and *value*; a store-exclusive is a compare and
//! swap against it. That accepts a store in between that put the same value back (ABA), which the
//! architecture would refuse; compilers' and libraries' LL/SC loops do not depend on it, and the
//! exact alternative, write-protecting the page, costs two system calls a loop.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::{Access, Exit};

use super::super::cpu::{Cpu, Monitor, untagged};
use super::load_store::{joined, split};
use super::{Outcome, undefined};
use crate::a64::Insn;

/// The bytes that an access moves, from `size`.
fn bytes(i: Insn) -> u32 {
    1 << i.bits(31, 30)
}

/// The bytes that an access to two registers moves, from `sz`.
fn pair_bytes(i: Insn) -> u32 {
    if i.bit(30) { 16 } else { 8 }
}

/// The low `bytes` (1 to 8).
fn truncated(value: u64, bytes: u32) -> u64 {
    value & u64::MAX >> (64 - 8 * bytes)
}

// ---- Ordered ----

/// Covers `STLLR` too, whose weaker ordering is not worth a difference.
pub fn STLR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    cpu.store_release(addr, bytes(i), cpu.x(i.rd()))
}

/// Covers `LDLAR` too.
pub fn LDAR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = cpu.load_acquire(cpu.base(i.rn())?, bytes(i), Access::Read)?;
    cpu.set_x(i.rd(), value as u64);
    Ok(())
}

pub use LDAR as LDAPR;

// ---- Exclusive ----

/// Loads, and lets the monitor watch.
fn load_exclusive(cpu: &mut Cpu<'_>, i: Insn, bytes: u32) -> Result<u128, Exit> {
    let addr = cpu.base(i.rn())?;
    let value = cpu.load_acquire(addr, bytes, Access::Read)?;
    *cpu.monitor = Some(Monitor { addr: untagged(addr), bytes, value });
    Ok(value)
}

/// Stores if the monitor has seen no change, and writes the status register. Whether a store that
/// the monitor forbids faults where it could not have been made is up to us
/// (`AArch64.ExclusiveMonitorsPass()`): only if it is not aligned.
fn store_exclusive(cpu: &mut Cpu<'_>, i: Insn, bytes: u32, value: u128) -> Outcome {
    let addr = cpu.base(i.rn())?;
    cpu.check_within_16(addr, u64::from(bytes), Access::Write)?;
    let stored = match cpu.monitor.take() {
        Some(seen) if seen.addr == untagged(addr) && seen.bytes == bytes => {
            cpu.swap_if(addr, bytes, seen.value, value)? == seen.value
        }
        _ => false,
    };
    cpu.set_x(i.rm(), u64::from(!stored));
    Ok(())
}

pub fn LDXR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = load_exclusive(cpu, i, bytes(i))?;
    cpu.set_x(i.rd(), value as u64);
    Ok(())
}

pub fn STXR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = truncated(cpu.x(i.rd()), bytes(i));
    store_exclusive(cpu, i, bytes(i), u128::from(value))
}

pub fn LDXP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (low, high) = split(load_exclusive(cpu, i, pair_bytes(i))?, i.bit(30));
    cpu.set_x(i.rd(), low);
    cpu.set_x(i.ra(), high);
    Ok(())
}

pub fn STXP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = joined(cpu.x(i.rd()), cpu.x(i.ra()), i.bit(30));
    store_exclusive(cpu, i, pair_bytes(i), value)
}

// ---- Compare and swap ----

pub fn CAS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = cpu.base(i.rn())?;
    let old = truncated(cpu.x(i.rm()), bytes(i));
    let new = truncated(cpu.x(i.rd()), bytes(i));
    let found = cpu.swap_if(addr, bytes(i), u128::from(old), u128::from(new))?;
    cpu.set_x(i.rm(), found as u64);
    Ok(())
}

pub fn CASP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if (i.rm() | i.rd()) & 1 != 0 {
        return undefined(cpu, i);
    }
    let wide = i.bit(30);
    let addr = cpu.base(i.rn())?;
    let old = joined(cpu.x(i.rm()), cpu.x(i.rm() + 1), wide);
    let new = joined(cpu.x(i.rd()), cpu.x(i.rd() + 1), wide);
    let (low, high) = split(cpu.swap_if(addr, pair_bytes(i), old, new)?, wide);
    cpu.set_x(i.rm(), low);
    cpu.set_x(i.rm() + 1, high);
    Ok(())
}

// ---- Read-modify-write ----

/// Replaces the value in memory by `f(old, operand)` and returns the old one.
#[inline]
fn modify(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(u64, u64) -> u64) -> Outcome {
    let (addr, bytes) = (cpu.base(i.rn())?, bytes(i));
    let operand = truncated(cpu.x(i.rm()), bytes);
    // Only a first guess: the swap below decides, and fails where writing is not allowed.
    let mut old = cpu.load_acquire(addr, bytes, Access::Write)? as u64;
    loop {
        let new = truncated(f(old, operand), bytes);
        let found = cpu.swap_if(addr, bytes, u128::from(old), u128::from(new))? as u64;
        if found == old {
            break;
        }
        old = found;
    }
    cpu.set_x(i.rd(), old);
    Ok(())
}

/// The low `bytes` as a signed number.
fn signed(value: u64, bytes: u32) -> i64 {
    let unused = 64 - 8 * bytes;
    (value << unused) as i64 >> unused
}

macro_rules! read_modify_writes {
    ($($name:ident = |$old:ident, $operand:ident, $bytes:ident| $new:expr;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let $bytes = bytes(i);
            modify(cpu, i, |$old, $operand| $new)
        }
    )*};
}
read_modify_writes! {
    LDADD = |old, operand, _bytes| old.wrapping_add(operand);
    LDCLR = |old, operand, _bytes| old & !operand;
    LDEOR = |old, operand, _bytes| old ^ operand;
    LDSET = |old, operand, _bytes| old | operand;
    LDSMAX = |old, operand, bytes| signed(old, bytes).max(signed(operand, bytes)) as u64;
    LDSMIN = |old, operand, bytes| signed(old, bytes).min(signed(operand, bytes)) as u64;
    LDUMAX = |old, operand, _bytes| old.max(operand);
    LDUMIN = |old, operand, _bytes| old.min(operand);
    SWP = |_old, operand, _bytes| operand;
}
